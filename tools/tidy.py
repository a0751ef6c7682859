#!/usr/bin/env python3
"""Checks of house rules that compilers and linters do not know. Each finding names the replacement.

Usage: tidy.py ROOT [FILE...]     without FILEs everything under ROOT that a rule is about

Rules:
  await-braces    a brace inside an awaited expression (a lambda or an aggregate): g++ 12 destroys such temporaries twice
  await-place     co_await other than as a statement, a whole initialiser, a TARN_CO_TRY/TARN_CO_CHECK_OK or co_return co_await
  clock           reading a clock outside base (and the timers of runtime)
  random          randomness that is not from Rng
  environment     getenv outside server and ctl
  sleep           a thread that sleeps
  left-over       a note of unfinished work
  title           a document without a title in its first line
  not-built       a source or record file that no target builds

A line that ends in `// tidy: <rule> <reason>` is excused from that rule; the reason is required.
"""

import os
import pathlib
import re
import subprocess
import sys

CPP = (".h", ".cc", ".inc")
# Trees that hold other people's or generated text.
SKIPPED = {"build", ".git", "node_modules", ".venv", "__pycache__", "dist", "testdata"}
# Spelled apart so that this file passes its own rule.
LEFT_OVER = re.compile(r"\b(" + "|".join(["FIX" + "ME", "TO" + "DO", "XX" + "X"]) + r")\b")
EXCUSE = re.compile(r"//\s*tidy:\s*([a-z-]+)(\s+\S.*)?$")


def blank(text):
    """`text` with comments and the insides of literals replaced by spaces; lines and columns stay."""
    out = []
    at = 0
    pattern = re.compile(r'//[^\n]*|/\*.*?\*/|R"([^\s()\\]{0,16})\(.*?\)\1"|"(?:\\.|[^"\\\n])*"|(?<![0-9a-fA-F])\'(?:\\.|[^\'\\\n])+\'', re.S)
    for match in pattern.finditer(text):
        out.append(text[at:match.start()])
        literal = match.group(0)
        keep = '"' if literal[0] in "\"R" else ("'" if literal[0] == "'" else "")
        inside = re.sub(r"[^\n]", " ", literal)
        out.append(keep + inside[1:-1] + keep if keep and len(literal) > 1 else inside)
        at = match.end()
    out.append(text[at:])
    return "".join(out)


def line_of(text, at):
    return text.count("\n", 0, at) + 1


def awaited(code, start):
    """The text from `start` to the end of the awaited expression: a `;`, an unmatched bracket or a `,` at its own level."""
    depth = 0
    for at in range(start, len(code)):
        c = code[at]
        if c in "([{":
            depth += 1
        elif c in ")]}":
            if depth == 0:
                return code[start:at]
            depth -= 1
        elif depth == 0 and c in ";,":
            return code[start:at]
    return code[start:]


def check_awaits(code):
    """(line, rule, message) of each co_await that breaks the habit."""
    for match in re.finditer(r"\bco_await\b", code):
        line = line_of(code, match.start())
        before = code[:match.start()].rstrip()
        expression = awaited(code, match.end())
        if "{" in expression:
            yield (line, "await-braces", "a brace inside an awaited expression; name the lambda or the value in a statement before, then await")
        initialiser = before.endswith("=") and not re.search(r"[=!<>+\-*/|&^]=$", before)
        statement = not before or before[-1] in ";{}:" or re.search(r"\belse$|\)$", before) is not None
        macro = re.search(r"\bTARN_CO_(TRY\s*\([^;]*,|CHECK_OK\s*\()$", before) is not None
        # `for (...) co_await x;` ends in a bracket too, but braces are required there; `f(a) co_await` cannot be.
        if not (initialiser or statement or macro or before.endswith("co_return")):
            yield (line, "await-place", "co_await inside a larger expression; await into a name, then use the name")
    return


LINE_RULES = [
    # rule, pattern on blanked code, path prefixes that may, message
    ("clock", re.compile(r"\b(steady_clock|system_clock|high_resolution_clock|clock_type)::now\b|\b(time|gettimeofday|clock_gettime)\s*\(\s*(nullptr|NULL|0|&|CLOCK_)"),
     ("src/base/", "src/runtime/timer"), "take a Clock& (base/clock.h) and ask now() or steady_now()"),
    ("random", re.compile(r"\bstd::random_device\b|(?<![\w.:>])s?rand\s*\("),
     ("src/base/",), "take an Rng& (base/rng.h); tests use SeededRng"),
    ("environment", re.compile(r"\b(secure_)?getenv\s*\("),
     ("src/server/", "src/ctl/"), "take an Environment (base/environment.h) that server or ctl made"),
    ("sleep", re.compile(r"\bsleep_(for|until)\s*\(\s*std::chrono|this_thread::sleep_|(?<![\w.:>])(u|nano)?sleep\s*\("),
     (), "in a coroutine co_await sleep_for (runtime/timer.h); in a test wait for the event itself"),
]


def check_cpp(path, text):
    code = blank(text)
    yield from check_awaits(code)
    for rule, pattern, homes, message in LINE_RULES:
        if path.startswith(homes):
            continue
        for match in pattern.finditer(code):
            yield (line_of(code, match.start()), rule, message)


def check_left_over(text):
    for number, line in enumerate(text.splitlines(), 1):
        if LEFT_OVER.search(line):
            yield (number, "left-over", "finish it, or file an issue and delete the note")


def check_title(text):
    lines = [line for line in text.splitlines() if line.strip()]
    if not lines or not lines[0].startswith("# "):
        yield (1, "title", "start the document with `# ` and what it is about")


def cmake_files(folder, root):
    """CMakeLists.txt files that may build what lies in `folder`."""
    while True:
        file = folder / "CMakeLists.txt"
        if file.exists():
            yield file
        if folder == root:
            return
        folder = folder.parent


def check_built(path, root):
    """tarn_module globs its folder; everything else must be named by the CMakeLists.txt of its folder or of one above."""
    file = root / path
    texts = [cmake.read_text() for cmake in cmake_files(file.parent, root) if cmake.parent != root]
    in_module = any("tarn_module" in text for text in texts)
    named = any(file.name in text or (file.suffix == ".cc" and re.search(r"\b%s\b" % re.escape(file.stem), text)) for text in texts)
    if path.startswith("src/") and in_module and file.suffix == ".cc" and not file.name.endswith("_main.cc"):
        return
    if not named:
        yield (1, "not-built", "no CMakeLists.txt builds it; add a tarn_module call to its folder, name it there, or delete it")


def check_file(path, root):
    """All findings of one file, as (line, rule, message). `path` is relative to `root`, with slashes."""
    file = root / path
    try:
        text = file.read_text()
    except (UnicodeDecodeError, OSError):
        return []
    found = []
    if file.suffix in CPP and path.startswith(("src/", "bench/", "tests/")):
        found.extend(check_cpp(path, text))
    if file.suffix in (".cc", ".proto") and path.startswith(("src/", "bench/")):
        found.extend(check_built(path, root))
    if file.suffix == ".md" and not path.startswith("docs/changes/unreleased/"):
        found.extend(check_title(text))
    if file.suffix in CPP + (".py", ".cmake", ".proto", ".ts", ".tsx", ".md", ".yaml", ".lua", ".sh") or file.name in ("CMakeLists.txt", "Makefile"):
        found.extend(check_left_over(text))
    lines = text.splitlines()
    kept = []
    for line, rule, message in found:
        excuse = EXCUSE.search(lines[line - 1]) if line <= len(lines) else None
        if excuse and excuse.group(1) == rule and excuse.group(2):
            continue
        kept.append((line, rule, message))
    return kept


def all_files(root):
    """Files that git knows or would add; without git, all."""
    listed = subprocess.run(["git", "-C", str(root), "ls-files", "-co", "--exclude-standard", "-z"], capture_output=True, check=False)
    if listed.returncode == 0 and listed.stdout:
        paths = listed.stdout.decode().split("\0")
    else:
        paths = []
        for folder, names, files in os.walk(root):
            names[:] = [name for name in names if name not in SKIPPED]
            paths.extend((pathlib.Path(folder) / name).relative_to(root).as_posix() for name in files)
    for path in sorted(set(paths)):
        if path and not SKIPPED.intersection(path.split("/")[:-1]) and (root / path).is_file():
            yield path


def main(arguments):
    if len(arguments) < 2:
        print(__doc__)
        return 2
    root = pathlib.Path(arguments[1]).resolve()
    paths = arguments[2:] or list(all_files(root))
    count = 0
    for path in paths:
        for line, rule, message in check_file(path, root):
            print(f"{path}:{line}: {rule}: {message}")
            count += 1
    print(f"{len(paths)} files checked, {count} findings")
    return 1 if count or not paths else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv))
