"""Command lines without their secrets: what looks like a password, a key or a token is not recorded, and not shown.

A rule cannot know every secret; who wants to be sure records no command line at all.
"""

from __future__ import annotations

from greentrain.errors import MASK
from greentrain.journal import secret_names, secret_values
from greentrain.journal.secret_names import (
    ACCOUNTS,
    FLAGS,
    LISTS,
    ONLY_ATTACHED,
    PROGRAMS,
    TAKE_ADDRESSES,
    TAKE_KEYS,
    is_secret,
    pattern,
    sounds_secret,
    words_of,
)
from greentrain.light_typing import TYPE_CHECKING

if TYPE_CHECKING:
    import re
    from collections.abc import Iterator, Sequence

LONGEST_WORD = 2000
"""What is longer is cut before it is searched, so that no word takes long."""

_HEADER = (
    r"(?:(?P<start>^)(?:-H|--header=)?|(?P<quote>['\"])|(?<==))(?P<name>[A-Za-z][\w\-]*):\s*"
    r"(?P<value>(?(start)[\s\S]+|(?(quote)(?:(?!(?P=quote))[\s\S])+|[^'\"]+)))"
)
_SCHEME = r"(?i)(authorization['\"]?\s*[:=]\\?+\s*+['\"]?+(?:[a-z][\w\-]*\\?\s+)?+)(?!\*)[^\s'\"]+"
_LOGIN_CALL = r"(\blogin\(\s*)(?:\"[^\"]*\"?|'[^']*'?)"
_ASSIGNED = r"[\w.+~@/\-]+="
_ACCOUNT = r"([^\s:/@'\"]+):(?!//)(\S+)"
_PAIR = r"(?P<name>(?<![\w.\-])[\w.\-]++)(?:(?P<sign>[\\'\")\]]*\s*[=:]\s*)|(?P<space>[\\'\"]*,?\s+))"
_VALUE = r"\\?\"(?:[^\"\\]|\\.)*\"?|\\?'(?:[^'\\]|\\.)*'?|\([^)]*\)?|[^\s\"'&;,})|]+"
_BARE = r"(?i)[\w.\-]*(?:password|passwd|passphrase|secret_?access_?key|api_?key|secret_?key|access_?token):?"
_STRONG = r"(?=\D*\d)(?=[^A-Za-z]*[A-Za-z])(?:(?=.*[A-Z!@#$%^&*+])[^\s/,.:=\[\]]{8,}|[^\s/,.:=\[\]]{12,})"
_ENDS_OF_COMMANDS = r"([;|&\n]+)"
_ENDS_OF_WORDS = r"([\s()'\"`\\]+)"


def without_secrets(words: Sequence[str]) -> list[str]:
    """Return the words of a command line, each cut at 2,000 characters, secrets in them masked.

    Parameters
    ----------
    words : sequence of str
        Program and arguments.
    """
    found = [word[:LONGEST_WORD] for word in words]
    text = "\0".join((*found, "")).lower()
    signs = (*secret_names.SIGNS, *secret_values.SIGNS)
    may_hold_some = any(sign in text for sign in signs) or secret_values.has_long_word(text)
    return list(_masked(found)) if may_hold_some else found


def _masked(words: Sequence[str]) -> Iterator[str]:
    """Mask what the word before, or the program, tells to be a secret; and what each word holds by itself."""
    name = program = ""
    options: tuple[str, ...] = ()
    takes_key = False
    for word in words:
        given = _masked_value(name, word)
        name = name if given == MASK and name.endswith(LISTS) else ""
        if given == MASK or given != word:
            yield given
            continue
        if called := secret_names.program(word):
            takes_key = called == "login" and program in TAKE_KEYS
            program, options = called, options + PROGRAMS.get(called, ())
        bare = _without_flags(word, program)
        own = next((option for option in options if _is_given(option, bare)), None)
        name = "--password" if own == bare and program not in ONLY_ATTACHED else _name_of_next(word)
        if takes_key and not called and word[:1].isalnum():
            yield MASK
        elif own in (None, bare):
            yield _masked_word(word, program)
        else:
            yield word[: len(word) - len(bare) + len(own)] + MASK


def _without_flags(word: str, program: str) -> str:
    """Return an option without the letters of others that stand before it in the same word."""
    flags = FLAGS.get(program, "")
    return f"-{word[1:].lstrip(flags)}" if flags and word[:1] == "-" != word[1:2] else word


def _name_of_next(word: str) -> str:
    """Return the word if it names the next one."""
    is_option = word.startswith("-") and not pattern(r"[\s=]").search(word)
    return word if is_option or pattern(_BARE).fullmatch(word) else ""


def _masked_value(name: str, value: str) -> str:
    """Mask the value of an option or a variable, or only the password behind the name of an account."""
    if not name or _is_option(value) or value.startswith(MASK) or not value.strip(":=,;()[]{}"):
        return value
    if is_secret(name, value) or (name == "-k" and pattern(_STRONG).fullmatch(value)):
        return MASK
    account = pattern(_ACCOUNT).fullmatch(value) if words_of(name) & ACCOUNTS else None
    if account is None or (account[1].isdecimal() and account[2].isdecimal()):  # the latter are ids of user and group
        return value
    return f"{account[1]}:{MASK}"


def _masked_word(word: str, program: str = "") -> str:
    """Mask the secrets in one word, which may hold a whole command line, a program or an address."""
    assigned = pattern(_ASSIGNED).match(word)
    if assigned:
        value = word[assigned.end() :]
        masked = _masked_value(assigned[0].rstrip("="), value)
        if masked != value:
            return assigned[0] + masked
    if program in TAKE_ADDRESSES:
        word = pattern(r"/[^\s/@]+(?=@|$)").sub(f"/{MASK}", word)
    text = pattern(_HEADER).sub(_masked_header, word)
    text = pattern(_SCHEME).sub(rf"\1{MASK}", text)
    text = pattern(_LOGIN_CALL).sub(rf"\1{MASK}", text)
    text = "".join(_masked_pairs(secret_values.without_secret_values(text)))
    return "".join(_masked_commands(text)) if pattern(r"\s").search(text) else text


def _masked_header(header: re.Match[str]) -> str:
    """Mask the value of a header of a request: all of it, whatever it is made of."""
    return header[0].removesuffix(header["value"]) + MASK if sounds_secret(header["name"]) else header[0]


def _masked_commands(text: str) -> Iterator[str]:
    """Yield a text in pieces, each of its commands masked as a command line."""
    for number, command in enumerate(pattern(_ENDS_OF_COMMANDS).split(text)):
        pieces = pattern(_ENDS_OF_WORDS).split(command)
        if number % 2 == 0:
            pieces[::2] = _masked(pieces[::2])
        yield from pieces


def _masked_pairs(text: str) -> Iterator[str]:
    """Yield a text in pieces, the values of secret names in it masked: ``key=v``, ``"key": "v"``, ``--key v``."""
    place = 0
    while pair := pattern(_PAIR).search(text, place):
        yield text[place : pair.end()]
        place = pair.end()
        is_spaced = pair["sign"] is None
        if (is_spaced and not pair["name"].startswith("-")) or not sounds_secret(pair["name"]):
            continue
        value = pattern(_VALUE).match(text, place)
        if value and not (is_spaced and _is_option(value[0])) and is_secret(pair["name"], value[0].strip("\\\"'")):
            yield MASK
            place = value.end()
    yield text[place:]


def _is_given(option: str, word: str) -> bool:
    """Whether a word is an option, with or without a value attached to it."""
    return word == option or word.startswith(f"{option}=" if option.startswith("--") else option)


def _is_option(word: str) -> bool:
    return word.startswith("--") or (word.startswith("-") and len(word) <= len("-x"))
