"""A server on this computer that answers as services do: recorded answers, errors, silence and garbage."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import parse_qs, urlsplit

RECORDED = Path(__file__).parents[1] / "data" / "grid_api"


class Answer(NamedTuple):
    """What the server says: a body, its status, headers, and how long it waits before. [s]"""

    body: bytes | str = b""
    status: int = 200
    headers: dict[str, str] | None = None
    wait_seconds: float = 0.0
    length: int | None = None


class Asked(NamedTuple):
    """What the server was asked."""

    path: str
    query: dict[str, list[str]]
    headers: dict[str, str]


class Loopback:
    """The server's address, its answers in turn by the beginning of the path, and what it was asked."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.answers: dict[str, list[Answer]] = {}
        self.asked: list[Asked] = []

    def says(self, path: str, *answers: Answer) -> None:
        """Set the answers of a path, the last of which is repeated."""
        self.answers[path] = list(answers)

    def answer(self, asked: Asked) -> Answer:
        """Return the answer to a question, that of the longest path that fits."""
        self.asked.append(asked)
        fit = [path for path in self.answers if asked.path.startswith(path)]
        if not fit:
            return Answer(b'{"error": "no such path"}', 404)
        left = self.answers[max(fit, key=len)]
        return left.pop(0) if len(left) > 1 else left[0]


def recorded(name: str) -> Answer:
    """Return a recorded answer."""
    return Answer((RECORDED / name).read_bytes())


@contextmanager
def loopback() -> Iterator[Loopback]:
    """Serve until the end of the block."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            parts = urlsplit(self.path)
            headers = {name.lower(): value for name, value in self.headers.items()}
            answer = found.answer(Asked(parts.path, parse_qs(parts.query), headers))
            time.sleep(answer.wait_seconds)
            body = answer.body.encode() if isinstance(answer.body, str) else answer.body
            try:
                self.send_response(answer.status)
                for name, value in (answer.headers or {}).items():
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(body) if answer.length is None else answer.length))
                self.end_headers()
                self.wfile.write(body)
            except OSError:
                pass  # the client has gone, which is what the test is about

        def log_message(self, *_: Any) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    found = Loopback(f"http://127.0.0.1:{server.server_address[1]}")
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield found
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
