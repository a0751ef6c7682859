"""Turns names of the interface description into C++ names."""

import re

KEYWORDS = frozenset(
    "alignas alignof and asm auto bool break case catch char class concept const constexpr continue decltype default "
    "delete do double else enum explicit export extern false float for friend goto if import inline int long module "
    "mutable namespace new noexcept not nullptr operator or private protected public register requires return short "
    "signed sizeof static struct switch template this throw true try typedef typename union unsigned using virtual "
    "void volatile while xor".split()
)


def words(name):
    """`getGCRules` -> get GC Rules; `If-None-Match` -> If None Match."""
    spaced = re.sub(r"[^A-Za-z0-9]+", " ", name)
    spaced = re.sub(r"([a-z0-9])([A-Z])", r"\1 \2", spaced)
    spaced = re.sub(r"([A-Z]+)([A-Z][a-z])", r"\1 \2", spaced)
    return spaced.split()


def snake(name):
    result = "_".join(word.lower() for word in words(name))
    return result + "_" if result in KEYWORDS else result


def pascal(name):
    """Keeps the inner case: `getGCRules` -> GetGCRules, `common_prefix` -> CommonPrefix."""
    return "".join(part[:1].upper() + part[1:] for part in re.split(r"[^A-Za-z0-9]+", name) if part)


def quoted(text):
    """A C++ string literal."""
    out = []
    for byte in text.encode():
        char = chr(byte)
        if char in '"\\':
            out.append("\\" + char)
        elif 0x20 <= byte < 0x7F:
            out.append(char)
        else:
            out.append(f"\\{byte:03o}")
    return '"' + "".join(out) + '"'
