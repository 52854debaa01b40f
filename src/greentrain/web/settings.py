"""What a service allows, and to whom."""

import hmac
import ipaddress
import os
from collections.abc import Mapping
from secrets import token_urlsafe
from typing import Any

from greentrain.errors import InputError, either
from greentrain.record import Record

RUNS_FOR = ("loopback", "token", "nobody")
"""Who sees the runs of the history: who sits at this computer or has the token, who has the token, or nobody."""

ESTIMATE_BYTES = 64 * 1024
BATCH_BYTES = 5 * 1024 * 1024
MOST_ROWS = 10_000
LONGEST_TEXT = 200
"""Of one value. [characters]"""
MOST_SECONDS = 10.0
"""For reading a request, and again for answering it. [s]"""

_LOOPBACK_NAMES = ("localhost", "127.0.0.1", "::1")


class WebSettings(Record):
    """Who may ask a service, and what it shows.

    Attributes
    ----------
    allowed_hosts : tuple of str
        Names under which it is asked for, in addition to those of this computer and to plain addresses.
    allow_origins : tuple of str
        Sites whose scripts may read its answers, such as ``https://lab.example``.
    home : str or None
        Data folder of the runs; None for the user's own.
    profiles : str or None
        Folder of own profiles, which every estimate uses.
    runs : {'loopback', 'token', 'nobody'}
        Who sees the runs.
    token : str
        What others have to show for them.
    """

    allowed_hosts: tuple[str, ...] = ()
    allow_origins: tuple[str, ...] = ()
    home: str | None = None
    profiles: str | None = None
    runs: str = "loopback"
    token: str = ""

    def names_this_service(self, host: str) -> bool:
        """Whether a request's ``Host`` may be this service's.

        A page of somebody else's can have its own name point to this computer, and so ask it as if from here. Such a
        name has a dot; what is an address, or a name without a dot, is in no stranger's hand.
        """
        name = host_name(host)
        return bool(name) and (_is_address(name) or "." not in name or name in self.allowed_hosts)

    def shows_runs(self, scope: Mapping[str, Any], token: str | None) -> bool:
        """Whether a request may see the runs: by its token, or because it comes from this computer to this computer."""
        if self.runs == "nobody":
            return False
        if token is not None and hmac.compare_digest(token.encode(), self.token.encode()):
            return True
        return self.runs == "loopback" and is_local(scope)


def settings_of(**values: Any) -> WebSettings:
    """Check settings and add a token that nobody can guess, if none is given.

    Raises
    ------
    InputError
        If `runs` is none of its choices, a token is short, or an origin is no origin.
    """
    given = {name: value for name, value in values.items() if value is not None}
    if given.get("runs", RUNS_FOR[0]) not in RUNS_FOR:
        raise InputError("runs", given["runs"], f"must be {either(RUNS_FOR)}")
    if "token" in given and (len(given["token"]) < 16 or not given["token"].isascii()):
        raise InputError("token", None, "must be at least 16 letters and digits of ASCII; left out, one is made")
    for origin in given.get("allow_origins", ()):
        scheme, found, rest = origin.partition("://")
        if scheme not in ("http", "https") or not found or not rest or set(rest) & set("/?#*@ "):
            raise InputError("allow_origin", origin, "must be the origin of a site, such as https://lab.example")
    names = tuple(host_name(name) for name in given.pop("allowed_hosts", ()))
    folders = {name: os.fspath(given.pop(name)) for name in ("home", "profiles") if name in given}
    return WebSettings(allowed_hosts=names, **folders, **{"token": token_urlsafe(24), **given})


def host_name(host: str) -> str:
    """Return the name of a ``Host`` without its port, in small letters; blank where it is none."""
    text = host.strip().casefold()
    if text.startswith("["):
        return text[1 : text.find("]")] if "]" in text else ""
    name, _, port = text.partition(":")
    return text if ":" in port else name.rstrip(".") if not port or port.isdigit() else ""


def is_local(scope: Mapping[str, Any]) -> bool:
    """Whether a request comes from this computer, asks for it by its own name, and was handed on by nobody."""
    headers = {name: value for name, value in scope["headers"] if name == b"host" or _says_handed_on(name)}
    client = scope.get("client") or ("",)
    named = host_name(headers.pop(b"host", b"").decode("latin-1"))
    return not headers and _is_address(client[0], loopback=True) and named in _LOOPBACK_NAMES


def _says_handed_on(name: bytes) -> bool:
    return name in (b"forwarded", b"via", b"x-real-ip") or name.startswith(b"x-forwarded-")


def _is_address(text: str, *, loopback: bool = False) -> bool:
    try:
        found = ipaddress.ip_address(text)
    except ValueError:
        return False
    return found.is_loopback if loopback else True
