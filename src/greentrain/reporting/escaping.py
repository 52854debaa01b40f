"""Text of the user made harmless in each language that a form is written in."""

import re

_LATEX = {
    "\\": r"\textbackslash{}", "{": r"\{", "}": r"\}", "$": r"\$", "&": r"\&", "#": r"\#", "%": r"\%", "_": r"\_",
    "^": r"\textasciicircum{}", "~": r"\textasciitilde{}", "<": r"\textless{}", ">": r"\textgreater{}",
    "|": r"\textbar{}", '"': r"{\char34}", "`": r"{\char96}",
    "\u2013": "--", "\u2014": "---", "\u2018": "`", "\u2019": "'", "\u00a0": "~",
}  # fmt: skip
_LETTERS = re.compile(r"[\u00c0-\u00d6\u00d8-\u00f6\u00f8-\u00ff]")
_MARKDOWN = re.compile(r"([\\`*_\[\]#|~$])")
_REFERENCE = re.compile(r"(@(?=\w)|#(?=\d)|\bGH-(?=\d))", re.IGNORECASE)
_ADDRESS_SIGN = re.compile(r"(?<=\w):(?=//)|(?<=\bwww)\.", re.IGNORECASE)


def one_line(text: str) -> str:
    """Put a text on one line, without characters that cannot be printed."""
    printable = text if text.isprintable() else "".join(char if char.isprintable() else " " for char in text)
    return " ".join(printable.split())


def latex(text: str) -> str:
    """Escape a text for LaTeX; letters that the usual fonts lack are named by their code point."""
    return "".join(map(_latex_character, one_line(text)))


def _latex_character(char: str) -> str:
    if char in _LATEX:
        return _LATEX[char]
    known = char.isascii() or _LETTERS.match(char)
    return char if known else f"[U+{ord(char):04X}]"


def markdown(text: str) -> str:
    """Escape a text for Markdown, where HTML counts too.

    GitHub and others make links of addresses, call the people whose names stand behind an ``@`` and link to the issue
    of a number: an entity stops the first, an empty comment the others.
    """
    safe = one_line(text).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    safe = _REFERENCE.sub(r"\1<!-- -->", _MARKDOWN.sub(r"\\\1", safe))
    return _ADDRESS_SIGN.sub(lambda found: f"&#{ord(found[0])};", safe)


def yaml_string(text: str) -> str:
    """Write a text as a double-quoted YAML scalar on one line."""
    return '"' + "".join(map(_yaml_character, text)) + '"'


def _yaml_character(char: str) -> str:
    if char in '"\\':
        return f"\\{char}"
    if char.isprintable():
        return char
    code = ord(char)
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"
