#!/usr/bin/env python3
"""Checks that every module includes only what lies below it.

Usage: check_layers.py ROOT

Reads the edges from the tarn_module(... DEPENDS ... TEST_DEPENDS ...) calls under ROOT/src and the #include lines of the sources.

- A declared edge is one that ARCHITECTURE.md's layer table allows (LAYERS below), and the declared graph has no cycle.
- A file includes headers of its own module and of those that its module reaches through declared edges.
- Headers in a subfolder are private to their module; those in `testing/` are open to tests of every module that may include it.
- Third-party libraries are included in their one home only (HOMES below).

Prints one line a finding, with what to do instead, and exits 1 if there are any.
"""

import pathlib
import re
import sys

# What a module may name in DEPENDS: these and whatever they may name. A new edge is a decision: give the reason in the module's README.
LAYERS = {
    "base": [],
    "runtime": ["base"],
    "names": ["base"],
    "sstable": ["base"],
    "api": ["names"],
    "http": ["runtime"],
    "aws": ["http"],
    "kv": ["aws"],
    "block": ["aws", "names"],
    "graveler": ["kv", "block", "sstable"],
    "auth": ["kv"],
    "catalog": ["graveler"],
    "tables": ["catalog"],
    "query": ["catalog"],
    "action_file": ["base"],
    "actions": ["action_file", "tables", "auth", "api"],
    "endpoints": [],
    "endpoints/rest": ["actions", "query", "auth", "api"],
    "endpoints/s3": ["actions", "query", "auth", "api"],
    "endpoints/iceberg": ["actions", "query", "auth", "api"],
    "endpoints/glue": ["actions", "query", "auth", "api"],
    "endpoints/athena": ["actions", "query", "auth", "api"],
    "endpoints/ui": ["actions", "query", "auth", "api"],
    "server": ["endpoints/rest", "endpoints/s3", "endpoints/iceberg", "endpoints/glue", "endpoints/athena", "endpoints/ui"],
    "ctl": ["action_file", "http", "api", "sstable"],
    "testing": ["runtime", "http"],
}

# Library -> (pattern of the included header, folders or files under src/ that may include it). Tests may include what TEST_HOMES says.
HOMES = {
    "RocksDB": (r"rocksdb/", ["kv/rocksdb/", "kv/testing/"]),
    "Lua": (r"lua(\.hpp|\.h|xlib\.h|lib\.h)$|lua5\.2/", ["actions/lua/"]),
    "Beast": (r"boost/beast", ["http/"]),
    "libpq": (r"(postgresql/)?libpq", ["kv/postgres/"]),
    "DuckDB": (r"duckdb", ["query/"]),
    "yaml-cpp": (r"yaml-cpp/", ["base/", "actions/lua/"]),
    "prometheus-cpp": (r"prometheus/", ["base/"]),
    "spdlog": (r"spdlog/", ["base/log.cc"]),
    "libsodium": (r"sodium", ["auth/"]),
    "pugixml": (r"pugixml", ["aws/", "endpoints/s3/"]),
    "CLI11": (r"CLI/", ["server/"]),
    "jemalloc": (r"jemalloc/", ["server/"]),
}
TEST_HOMES = {"RocksDB": ["sstable/"]}
TEST_ONLY = {"GoogleTest": r"g(test|mock)/", "Google Benchmark": r"benchmark/"}

MODULE_CALL = re.compile(r"\btarn_module\s*\(([^)]*)\)", re.S)
INCLUDE = re.compile(r'^\s*#\s*include\s*(["<])([^">]+)[">]')
KEYWORDS = {"DEPENDS", "PUBLIC", "PRIVATE", "TEST_PRIVATE", "TEST_DEPENDS", "PROTO", "GENERATED"}


class Module:
    def __init__(self, name, path):
        self.name = name
        self.path = path  # of the CMakeLists.txt, for messages
        self.depends = []
        self.test_depends = []


def read_modules(src):
    """All modules under `src`, by name ("endpoints/rest")."""
    modules = {}
    for cmake in sorted(src.rglob("CMakeLists.txt")):
        text = re.sub(r"#.*", "", cmake.read_text())
        for call in MODULE_CALL.finditer(text):
            words = call.group(1).split()
            module = Module(words[0], cmake)
            lists = {"DEPENDS": module.depends, "TEST_DEPENDS": module.test_depends}
            current = None
            for word in words[1:]:
                if word in KEYWORDS:
                    current = lists.get(word)
                elif current is not None:
                    current.append(word)
            modules[module.name] = module
    return modules


def closure(names, edges):
    """`names` and all that they reach through `edges` (name -> list of names)."""
    reached = set()
    waiting = list(names)
    while waiting:
        name = waiting.pop()
        if name not in reached:
            reached.add(name)
            waiting.extend(edges.get(name, []))
    return reached


def find_cycle(edges):
    """One cycle as a list of names, or None."""
    done = set()

    def visit(name, path):
        if name in path:
            return path[path.index(name):] + [name]
        if name in done:
            return None
        for target in edges.get(name, []):
            cycle = visit(target, path + [name])
            if cycle:
                return cycle
        done.add(name)
        return None

    for name in sorted(edges):
        cycle = visit(name, [])
        if cycle:
            return cycle
    return None


def owner(path, names):
    """The module whose folder holds `path` (relative to src/): the longest name that is a folder of it."""
    parts = path.split("/")
    for size in range(len(parts) - 1, 0, -1):
        name = "/".join(parts[:size])
        if name in names:
            return name
    return None


def is_test(path):
    return bool(re.search(r"_(test|bench|fuzz)\.cc$", path)) or "/testing/" in path


class Checker:
    def __init__(self, root):
        self.root = pathlib.Path(root)
        self.src = self.root / "src"
        self.modules = read_modules(self.src)
        self.names = set(self.modules) | set(LAYERS)
        self.edges = {name: module.depends for name, module in self.modules.items()}
        self.findings = []

    def report(self, where, what):
        try:
            where = where.relative_to(self.root)
        except (AttributeError, ValueError):
            pass
        self.findings.append(f"{where}: {what}")

    def check_declared(self):
        for module in self.modules.values():
            if module.name not in LAYERS:
                self.report(module.path, f"module {module.name} is not in the layer table; add it to LAYERS in tools/check_layers.py "
                                         "with its place")
                continue
            allowed = closure(LAYERS[module.name], LAYERS)
            for target in module.depends:
                if target not in allowed:
                    self.report(module.path, f"{module.name} may not depend on {target}; depend on the nearest module below that has "
                                             "the operation, or move the code up")
                elif target not in self.modules:
                    self.report(module.path, f"{module.name} depends on {target}, which has no tarn_module call")
            for target in module.test_depends:
                if target not in self.modules:
                    self.report(module.path, f"tests of {module.name} depend on {target}, which has no tarn_module call")
        cycle = find_cycle(self.edges)
        if cycle:
            self.report(self.src, "modules depend on each other: " + " -> ".join(cycle))

    def check_module_include(self, where, path, module, header):
        target = owner(header, self.names)
        if target is None:
            self.report(where, f'"{header}" lies in no module; write the path from src/ ("kv/store.h"), third-party headers in <>')
            return
        test = is_test(path)
        own = target == module
        in_testing = "/testing/" in header
        if in_testing and not test:
            self.report(where, f"{header} is for tests; product code must not include it")
            return
        if own:
            return
        declared = self.modules.get(module)
        if declared is None:
            reach = closure(LAYERS[module], LAYERS)  # not built yet, which tidy.py reports
        else:
            reach = closure(declared.depends + (declared.test_depends if test else []), self.edges)
        if target not in reach:
            if target in closure(LAYERS.get(module, []), LAYERS):
                self.report(where, f"{module} includes {header}, but does not declare the edge; add {target} to "
                                   f"{'TEST_DEPENDS' if test else 'DEPENDS'} of {module}")
            else:
                self.report(where, f"{module} may not include {header}; call the nearest module below that has the operation, or move "
                                   "this code up")
            return
        inside = header[len(target) + 1:]
        if "/" in inside and not in_testing:
            self.report(where, f"{header} is private to {target}; include a header directly in src/{target}/")

    def check_library_include(self, where, path, header):
        test = is_test(path)
        for library, (pattern, homes) in HOMES.items():
            if re.match(pattern, header):
                allowed = homes + (TEST_HOMES.get(library, []) if test else [])
                if not any(path.startswith(home) for home in allowed):
                    self.report(where, f"<{header}>: {library} is used in src/{' and src/'.join(allowed)} only; go through that module")
        for library, pattern in TEST_ONLY.items():
            if re.match(pattern, header) and not test:
                self.report(where, f"<{header}>: {library} is for tests")

    def check_includes(self):
        for file in sorted(self.src.rglob("*")):
            if file.suffix not in (".h", ".cc", ".inc") or not file.is_file():
                continue
            path = file.relative_to(self.src).as_posix()
            module = owner(path, self.names)
            if module is None:
                self.report(file, "lies in no module; put it into a folder with a tarn_module call")
                continue
            for number, line in enumerate(file.read_text(errors="replace").splitlines(), 1):
                match = INCLUDE.match(line)
                if not match:
                    continue
                where = f"{file.relative_to(self.root)}:{number}"
                if match.group(1) == '"':
                    self.check_module_include(where, path, module, match.group(2))
                else:
                    self.check_library_include(where, path, match.group(2))

    def run(self):
        self.check_declared()
        self.check_includes()
        return self.findings


def main(arguments):
    if len(arguments) != 2:
        print(__doc__)
        return 2
    checker = Checker(arguments[1])
    findings = checker.run()
    for finding in findings:
        print(finding)
    if not checker.modules:
        print(f"no tarn_module call under {checker.src}: nothing was checked")
        return 1
    print(f"{len(checker.modules)} modules checked, {len(findings)} findings")
    return 1 if findings else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv))
