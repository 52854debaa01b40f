"""A service on a port of its own, and questions to it over real connections."""

import http.client
import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, NamedTuple
from urllib.parse import urlencode

import uvicorn

from greentrain.web import app

_PATIENCE_SECONDS = 30.0


class Answered(NamedTuple):
    """What came back: status, headers by small letters, body."""

    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        """The body as data, in which there is no NaN."""
        return json.loads(self.body, parse_constant=_no_number)

    @property
    def text(self) -> str:
        """The body as text."""
        return self.body.decode()


class Service(NamedTuple):
    """Where a service listens, and the token that it has."""

    port: int
    token: str

    def ask(self, path: str, *, method: str = "GET", body: Any = None, **headers: str) -> Answered:
        """Ask for a path; a body that is no bytes is sent as JSON. Underscores of header names stand for hyphens."""
        sent = {name.replace("_", "-"): value for name, value in headers.items()}
        if body is not None and not isinstance(body, bytes):
            body = json.dumps(body).encode()
        if body is not None:
            sent.setdefault("content-type", "application/json")
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=_PATIENCE_SECONDS)
        try:
            connection.request(method, path, body, sent)
            answer = connection.getresponse()
            return Answered(answer.status, {k.lower(): v for k, v in answer.getheaders()}, answer.read())
        finally:
            connection.close()

    def get(self, path: str, **query: Any) -> Answered:
        """Ask for a path with a query."""
        return self.ask(f"{path}?{urlencode(query)}" if query else path)

    def post(self, path: str, body: Any) -> Answered:
        """Send JSON to a path."""
        return self.ask(path, method="POST", body=body)

    @property
    def address(self) -> str:
        """Where it is."""
        return f"http://127.0.0.1:{self.port}"


@contextmanager
def service(**settings: Any) -> Iterator[Service]:
    """Serve in a thread of this process as long as the ``with`` block goes on."""
    made = app(**settings)
    config = uvicorn.Config(made, port=0, log_config=None, access_log=False, server_header=False)
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    until = time.monotonic() + _PATIENCE_SECONDS
    while not server.started and time.monotonic() < until:
        time.sleep(0.01)
    port = server.servers[0].sockets[0].getsockname()[1]
    try:
        yield Service(port, made.state.settings.token)
    finally:
        server.should_exit = True
        thread.join(_PATIENCE_SECONDS)


def _no_number(name: str) -> None:
    raise ValueError(f"{name} in JSON")
