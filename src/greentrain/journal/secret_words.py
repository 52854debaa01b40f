"""Command lines without their secrets: what looks like a password, a key or a token is not recorded, and not shown.

A rule cannot know every secret; who wants to be sure records no command line at all.
"""

from __future__ import annotations

from greentrain.light_typing import TYPE_CHECKING

if TYPE_CHECKING:
    import re
    from collections.abc import Iterator, Sequence

MASK = "***"
LONGEST_WORD = 2000
"""What is longer is cut before it is searched, so that no word takes long."""

_PARTS = ("key", "token", "secret", "passw", "passphrase", "passcode", "passfile", "credential")
"""What names an option or a variable as secret wherever it stands in the name."""

_WORDS = frozenset(
    (
        *("pass", "pwd", "pw", "passin", "passout", "auth", "authorization", "bearer", "cookie", "cookies"),
        *("sig", "signature", "dsn", "jwt", "sas", "otp"),
    )
)
"""What does so as a whole word of the name alone."""

_COUNTING = frozenset(
    (
        *("max", "min", "num", "n", "new", "length", "len", "count", "size", "id", "ids", "dim", "heads", "layers"),
        *("budget", "limit", "per", "batch"),
    )
)
"""With one of these words, or in the plural, and with a number as its value, a name is that of a count or of an id."""

_LISTS = ("keys", "tokens", "secrets", "passwords", "credentials")
_PROGRAMS = {
    "curl": ("-u", "--user", "-U", "--proxy-user"),
    "wget": ("--user", "--proxy-user"),
    "sshpass": ("-p",),
    "mysql": ("-p",),
    "mysqldump": ("-p",),
    "mysqladmin": ("-p",),
    "mariadb": ("-p",),
    "redis-cli": ("-a",),
}
"""Options of programs whose name does not state that their value is a secret."""

_ONLY_ATTACHED = ("mysql", "mysqldump", "mysqladmin", "mariadb")
"""Programs that take the word after such an option for something else."""

_PREFIXES = (
    *("hf_", "sk-", "ghp_", "gho_", "ghu_", "ghs_", "ghr_", "github_pat_", "glpat-", "xox", "akia", "asia", "aiza"),
    *("ya29.", "eyj", "npm_", "pypi-", "dckr_pat_", "nvapi-", "r8_", "gsk_", "-----begin"),
)
_SIGNS = (
    *_PARTS,
    *_PREFIXES,
    "pass",
    "pw",
    "auth",
    "bearer",
    "sig",
    "dsn",
    "cookie",
    "jwt",
    "sas",
    "otp",
    "@",
    *_PROGRAMS,
)
"""Without any of these in it a command line has no secret that is known here; most have none."""

_KNOWN = (
    r"(?<![A-Za-z0-9])(?:"
    r"hf_(?=[a-z0-9]*[A-Z])[A-Za-z0-9]{8,}|hf_(?=[a-z]*\d)[A-Za-z0-9]{12,}|sk-(?=[\w\-]{0,80}[A-Z\d])[\w\-]{6,}|"
    r"gh[pousr]_\w{8,}|github_pat_\w{8,}|glpat-[\w\-]{8,}|xox[abeoprs]-[\w\-]{8,}|dckr_pat_[\w\-]{8,}|"
    r"nvapi-[\w\-]{8,}|pypi-[\w\-]{16,}|(?:npm_|r8_|gsk_)[A-Za-z0-9]{16,}|(?:AKIA|ASIA)[0-9A-Z]{12,}|"
    r"AIza[\w\-]{20,}|ya29\.[\w\-]{8,}|eyJ[\w\-]{6,}\.[\w\-.]+|-----BEGIN [\s\S]*)"
)
_SIGNED_IN = r"(?i)\b(bearer|basic)\s+[\w.~+/=\-]{6,}"
_ADDRESS = r"((?<![\w+.\-])[A-Za-z][\w+.\-]*://)(?:([^\s:/@'\"]*):(?!\d+/)[^\s'\"]+|[^\s:/@'\"]{16,})@"
_USER = r"(?<![\w.\-/])([\w.+\-]+):[^\s/@'\"]+@(?!sha256:)"
_ASSIGNED = r"[\w.+~@/\-]+="
_PAIR = r"(?P<name>(?<![\w.\-])[\w.\-]++)(?:(?P<sign>[\\'\")\]]*\s*[=:]\s*)|(?P<space>[\\'\"]*,?\s+))"
_VALUE = r"\\?\"(?:[^\"\\]|\\.)*\"?|\\?'(?:[^'\\]|\\.)*'?|[^\s\"'&;,})|]+"
_NUMBER = r"\d[\d.,_]*(?:[eE][+\-]?\d+)?[kKmMbBtT]?"


def without_secrets(words: Sequence[str]) -> list[str]:
    """Return the words of a command line, each cut at 2,000 characters, secrets in them masked.

    Parameters
    ----------
    words : sequence of str
        Program and arguments.
    """
    found = [word[:LONGEST_WORD] for word in words]
    text = "\0".join(found).lower()
    return list(_masked(found)) if any(sign in text for sign in _SIGNS) else found


def _masked(words: Sequence[str]) -> Iterator[str]:
    name, program = "", ""
    for word in words:
        if name and not _is_option(word) and _is_secret(name, word):
            yield MASK
            name = name if name.endswith(_LISTS) else ""
            continue
        name = word if word.startswith("-") and not _pattern(r"[\s=]").search(word) else ""
        basename = word.rpartition("/")[2]
        program = basename if basename in _PROGRAMS else program
        own = next((option for option in _PROGRAMS.get(program, ()) if _is_given(option, word)), None)
        if own == word and program not in _ONLY_ATTACHED:
            name = "--password"
        yield _masked_word(word) if own in (None, word) else own + MASK


def _masked_word(word: str) -> str:
    """Mask the secrets in one word, which may hold a whole command line, a program or an address."""
    assigned = _pattern(_ASSIGNED).match(word)
    if assigned and _is_secret(assigned[0], word[assigned.end() :]):
        return assigned[0] + MASK
    text = _pattern(_KNOWN).sub(MASK, word)
    text = _pattern(_SIGNED_IN).sub(rf"\1 {MASK}", text)
    text = _pattern(_ADDRESS).sub(lambda found: f"{found[1]}{f'{found[2]}:' if found[2] else ''}{MASK}@", text)
    text = _pattern(_USER).sub(rf"\1:{MASK}@", text)
    return "".join(_masked_pairs(text))


def _masked_pairs(text: str) -> Iterator[str]:
    """Yield a text in pieces, the values of secret names in it masked: ``key=v``, ``"key": "v"``, ``--key v``."""
    place = 0
    while pair := _pattern(_PAIR).search(text, place):
        yield text[place : pair.end()]
        place = pair.end()
        is_spaced = pair["sign"] is None
        if (is_spaced and not pair["name"].startswith("-")) or not _sounds_secret(pair["name"]):
            continue
        value = _pattern(_VALUE).match(text, place)
        if value and not (is_spaced and _is_option(value[0])) and _is_secret(pair["name"], value[0].strip("\\\"'")):
            yield MASK
            place = value.end()
    yield text[place:]


def _is_given(option: str, word: str) -> bool:
    """Whether a word is an option, with or without a value attached to it."""
    return word == option or word.startswith(f"{option}=" if option.startswith("--") else option)


def _is_option(word: str) -> bool:
    return word.startswith("--") or (word.startswith("-") and len(word) <= len("-x"))


def _is_secret(name: str, value: str) -> bool:
    """Whether the value of an option or a variable is a secret."""
    is_count = name.lower().rstrip("=").endswith("tokens") or _words_of(name) & _COUNTING
    return bool(value) and _sounds_secret(name) and not (is_count and _pattern(_NUMBER).fullmatch(value))


def _sounds_secret(name: str) -> bool:
    bare = name.lower().replace("tokeni", "")  # a tokenizer is none
    return any(part in bare for part in _PARTS) or bool(_words_of(name) & _WORDS)


def _words_of(name: str) -> frozenset[str]:
    return frozenset(_pattern(r"[^a-z0-9]+").split(name.lower()))


_PATTERNS: dict[str, re.Pattern[str]] = {}


def _pattern(text: str) -> re.Pattern[str]:
    """Compile a pattern at its first use: the start of most trainings needs none."""
    if text not in _PATTERNS:
        import re

        _PATTERNS[text] = re.compile(text)
    return _PATTERNS[text]
