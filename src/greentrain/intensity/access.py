"""Asking a service: one request at a time, with limits of time and size, one retry, and no secret in any message."""

import json
import time
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, urlencode, urlsplit

from greentrain._version import __version__
from greentrain.errors import GridServiceError, InputError

if TYPE_CHECKING:
    from http.client import HTTPResponse

TIMEOUT_SECONDS = 10.0
_WHOLE_SECONDS = 60.0
"""For one answer, however slowly it comes in. [s]"""
MOST_BYTES = 32 * 1024 * 1024
_FIRST_COOL_DOWN_SECONDS, _LONGEST_COOL_DOWN_SECONDS = 30.0, 3600.0
_LONGEST_WAIT_SECONDS = 30.0
"""For a service that says when to ask again. [s]"""
_LOOPBACK = ("localhost", "127.0.0.1", "::1")
_LONGEST_REASON = 200
_TOO_MANY = 429

_cool_downs: dict[str, tuple[float, float]] = {}
"""By host, until when it is not asked again [s of the monotonic clock] and how long it was not. [s]"""


class Client:
    """Asks one service.

    Parameters
    ----------
    base_url : str
        Where the service is; https unless it is on this computer.
    label : str
        What messages call the service.
    secrets : tuple of str
        Keys, which appear in no message.
    timeout_seconds, pause_seconds : float
        How long to wait for an answer, and before the one retry. [s]
    sleep : callable
        Waits; tests pass their own.
    """

    def __init__(
        self,
        base_url: str,
        *,
        label: str,
        secrets: tuple[str, ...] = (),
        timeout_seconds: float = TIMEOUT_SECONDS,
        pause_seconds: float = 1.0,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        parts = urlsplit(base_url)
        if parts.scheme != "https" and not (parts.scheme == "http" and parts.hostname in _LOOPBACK):
            raise InputError("grid_url", base_url, "must begin with https://, or be on this computer")
        self._base, self._host = base_url.rstrip("/"), parts.netloc.rpartition("@")[2]
        self._label, self._secrets = label, tuple(secret for secret in secrets if secret)
        self._timeout, self._pause, self._sleep = timeout_seconds, pause_seconds, sleep

    def get_json(self, path: str, query: Mapping[str, Any] | None = None, **headers: str) -> Any:
        """Ask for JSON.

        Raises
        ------
        GridServiceError
            If there is no answer, it is an error, or no JSON.
        """
        body = self.get(path, query, Accept="application/json", **headers)
        try:
            return json.loads(body, parse_constant=_refuse_constant)
        except (ValueError, RecursionError):
            raise self.error(self._not_data(body)) from None

    def get(self, path: str, query: Mapping[str, Any] | None = None, **headers: str) -> bytes:
        """Ask for anything; names of headers have underscores for hyphens.

        Raises
        ------
        GridServiceError
            If there is no answer, or it is an error.
        """
        self._refuse_while_cooling()
        url = f"{self._base}{quote(path, safe='/:._-~')}"
        if query:
            pairs = [(name, value) for name, value in query.items() if value is not None]
            url += f"?{urlencode(pairs, doseq=True)}"
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        reason, wait = self._tried(url, named)
        if isinstance(reason, bytes):
            return reason
        if wait is not None:
            self._sleep(wait)
            reason, wait = self._tried(url, named)
            if isinstance(reason, bytes):
                return reason
        if wait is not None:  # the service is in trouble, not the question
            self._cool_down()
        raise self.error(reason)

    def error(self, reason: str) -> GridServiceError:
        """Make the error of a fault, with the name of the service and without any key."""
        text = reason
        for secret in self._secrets:
            text = text.replace(secret, "***").replace(quote(secret, safe=""), "***")
        return GridServiceError(f"{self._label} ({self._host}): {text}")

    def _tried(self, url: str, headers: Mapping[str, str]) -> tuple[bytes | str, float | None]:
        """Return the answer; or why there is none, and how long to wait before asking again, if that may help."""
        from http.client import HTTPException
        from urllib.error import HTTPError, URLError
        from urllib.request import HTTPRedirectHandler, Request, build_opener

        class SameHost(HTTPRedirectHandler):
            """Follows no redirection to another host: headers may hold a key."""

            def redirect_request(self, req: Any, fp: Any, code: int, msg: str, headers: Any, newurl: str) -> Any:
                if urlsplit(newurl)[:2] != urlsplit(req.full_url)[:2]:
                    raise URLError("the answer is a redirection to another host")
                return super().redirect_request(req, fp, code, msg, headers, newurl)

        request = Request(url, headers={"User-Agent": f"greentrain/{__version__}", **headers})
        try:
            with build_opener(SameHost()).open(request, timeout=self._timeout) as answer:
                return self._read(answer), None
        except HTTPError as error:
            with error:
                return self._answered(error), self._wait_after(error)
        except TimeoutError:
            return f"no answer within {self._timeout:g} s", self._pause
        except URLError as error:
            late = isinstance(error.reason, TimeoutError)
            return (f"no answer within {self._timeout:g} s" if late else f"not reached: {error.reason}"), self._pause
        except _TooLarge:
            return f"the answer is larger than {MOST_BYTES // 1024**2} MiB", None
        except (HTTPException, OSError) as error:
            return f"the answer broke off: {type(error).__name__}", self._pause

    def _read(self, answer: "HTTPResponse") -> bytes:
        parts, size, until = [], 0, time.monotonic() + _WHOLE_SECONDS
        while part := answer.read1(1 << 16):
            parts.append(part)
            size += len(part)
            if size > MOST_BYTES:
                raise _TooLarge
            if time.monotonic() > until:
                raise TimeoutError
        length = answer.headers.get("Content-Length")
        if length is not None and length.isdigit() and size < int(length):
            raise OSError("truncated")
        return b"".join(parts)

    def _answered(self, error: Any) -> str:
        """Say what an error answer says, in the words of the service where it has some."""
        try:
            body = error.read(1 << 16)
        except OSError:
            body = b""
        words = _words_of(body)
        return f"HTTP {error.code}{f', {words}' if words else ''}"

    def _wait_after(self, error: Any) -> float | None:
        """Return how long to wait before the retry; None where another would be answered alike. [s]"""
        if error.code != _TOO_MANY and error.code < 500:
            return None
        stated = error.headers.get("Retry-After") or ""
        seconds = float(stated) if stated.isdigit() else self._pause
        return min(seconds, _LONGEST_WAIT_SECONDS)

    def _not_data(self, body: bytes) -> str:
        start = body.lstrip()[:20].lower()
        if start.startswith((b"<!doctype", b"<html")):
            return "the answer is a web page and no data; a network may want a log-in first"
        return "the answer is no JSON" if body.strip() else "the answer is empty"

    def _cool_down(self) -> None:
        _, before = _cool_downs.get(self._host, (0.0, 0.0))
        seconds = min(max(2 * before, _FIRST_COOL_DOWN_SECONDS), _LONGEST_COOL_DOWN_SECONDS)
        _cool_downs[self._host] = (time.monotonic() + seconds, seconds)

    def _refuse_while_cooling(self) -> None:
        until, _ = _cool_downs.get(self._host, (0.0, 0.0))
        rest = until - time.monotonic()
        if rest > 0:
            raise self.error(f"failed a moment ago and is not asked again for {rest:.0f} s")

    def succeeded(self) -> None:
        """Forget failures: the answer was of use."""
        _cool_downs.pop(self._host, None)


class _TooLarge(Exception):
    """An answer that nobody could have asked for."""


def _refuse_constant(name: str) -> float:
    raise ValueError(name)


def _words_of(body: bytes) -> str:
    """Return the message in the body of an error, however it is wrapped; nothing where there is none."""
    try:
        found = json.loads(body)
    except (ValueError, RecursionError):
        return ""
    for _ in range(3):
        if isinstance(found, dict):
            found = next((found[key] for key in ("message", "error", "detail", "description") if key in found), "")
    return " ".join(str(found).split())[:_LONGEST_REASON] if isinstance(found, str) else ""
