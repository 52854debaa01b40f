"""The gate of the service: who may enter, how much may be carried in, and what is said on the way out."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, MutableMapping
from secrets import token_hex
from typing import Any

from greentrain.web.problems import problem
from greentrain.web.settings import BATCH_BYTES, ESTIMATE_BYTES, MOST_SECONDS, WebSettings

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
AsgiApp = Callable[[Scope, Receive, Send], Awaitable[None]]

POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
_HEADERS = {
    "content-security-policy": POLICY,
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "referrer-policy": "no-referrer",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "cache-control": "no-store",
}
_LARGE = "/v1/estimates"
_MOST_DISCARDED = 64 * 1024 * 1024
_log = logging.getLogger("uvicorn.error")


class _Refused(Exception):
    """A request that is not let in: the status and the reason."""

    def __init__(self, status: int, detail: str) -> None:
        super().__init__(detail)
        self.status, self.detail = status, detail


class Gate:
    """Let requests in that ask for this service and are no larger than its limits; answer faults of its own.

    The whole of a request is read before it is looked at, in the time and up to the size that it may have, counted
    while it comes in. What is inside gets it as a single piece.

    Parameters
    ----------
    app : callable
        What is inside.
    settings : WebSettings
        Who may ask.
    """

    def __init__(self, app: AsgiApp, settings: WebSettings) -> None:
        self._app = app
        self._settings = settings

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one connection."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        is_begun = False

        async def send_with_headers(message: Message) -> None:
            nonlocal is_begun
            if message["type"] == "http.response.start":
                is_begun = True
                message = {**message, "headers": _completed(message.get("headers", ()))}
            await send(message)

        try:
            body = await self._admitted(scope, receive)
            inside = {**scope, "method": "GET" if scope["method"] == "HEAD" else scope["method"]}
            await self._app(inside, _once(body, receive), send_with_headers)
        except _Refused as error:
            answer = problem(error.status, error.detail, headers={"connection": "close"})
            await answer(scope, receive, send_with_headers)
        except Exception:
            if is_begun:
                raise
            number = token_hex(4)
            _log.exception("greentrain serve: fault %s", number)
            detail = f"a fault of the service, which it noted down under {number}"
            await problem(500, detail)(scope, receive, send_with_headers)

    async def _admitted(self, scope: Scope, receive: Receive) -> bytes:
        """Return the body of a request that may enter."""
        headers = dict(scope["headers"])
        host = headers.get(b"host", b"").decode("latin-1")
        if not self._settings.names_this_service(host):
            raise _Refused(400, "the host asked for is not this service; --allowed-host names others")
        most = BATCH_BYTES if scope["path"].endswith(_LARGE) else ESTIMATE_BYTES
        try:
            return await asyncio.wait_for(_body(receive, most), MOST_SECONDS)
        except TimeoutError:
            raise _Refused(408, f"the request took longer than {MOST_SECONDS:g} s to arrive") from None


async def _body(receive: Receive, most: int) -> bytes:
    """Read a body; what is too large is let go while it comes in, since who sends it listens only after that."""
    parts: list[bytes] = []
    size, is_last = 0, False
    while not is_last and size <= _MOST_DISCARDED:
        message = await receive()
        part: bytes = message.get("body", b"")
        size += len(part)
        is_last = not message.get("more_body", False)
        if size > most:
            parts.clear()
        else:
            parts.append(part)
    if size > most:
        raise _Refused(413, f"the request is larger than {most:,} bytes")
    return b"".join(parts)


def _once(body: bytes, receive: Receive) -> Receive:
    """Hand a body on in one piece, and then what comes next."""
    left: list[Message] = [{"type": "http.request", "body": body, "more_body": False}]

    async def receive_once() -> Message:
        return left.pop() if left else await receive()

    return receive_once


def _completed(headers: Any) -> list[tuple[bytes, bytes]]:
    """Add the headers that every answer has, unless it states its own."""
    own = {bytes(name).lower() for name, _ in headers}
    more = [(name.encode(), value.encode()) for name, value in _HEADERS.items() if name.encode() not in own]
    return [*headers, *more]
