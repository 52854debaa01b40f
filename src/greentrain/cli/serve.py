"""``greentrain serve``: the page and the service on this computer."""

from __future__ import annotations

import sys

from greentrain.cli.options import HOME, OWN_PROFILES, Command, Option, OptionValues
from greentrain.cli.terminal import error_line, write
from greentrain.errors import GreentrainError, InputError
from greentrain.light_typing import TYPE_CHECKING

if TYPE_CHECKING:
    import socket
    from typing import Any

_HOST, _PORT = "127.0.0.1", "8321"
_LAST_PORT, _PORT_DIGITS = 65_535, 6
_MOST_AT_ONCE = 200
_OBJECTS_BETWEEN_SEARCHES = (2_000, 10, 10)
_KEPT_SECONDS, _STOPPING_SECONDS = 5, 10
_SEVERAL = ("allowed_host", "allow_origin")
SERVE_OPTIONS = (
    Option("host", "ADDRESS", f"Address to listen at; others than this computer's own let the network in. [{_HOST}]",
           group="Address"),
    Option("port", "N", f"Port to listen at; 0 for a free one. [{_PORT}]",
           group="Address"),
    Option("runs", "KIND", "Who sees your runs: loopback (this computer, and the token), token or nobody. [loopback]",
           group="Who may ask"),
    Option("token", "TEXT", "What others have to show for the runs. [a new one, which is printed]",
           group="Who may ask"),
    Option("allowed_host", "NAMES", "Names of this service, besides localhost and addresses, with commas between.",
           group="Who may ask"),
    Option("allow_origin", "ORIGINS", "Sites whose scripts may read the answers, with commas between. [none]",
           group="Who may ask"),
    Option("root_path", "PATH", "Path under which a proxy shows the service, such as /greentrain.",
           group="Address"),
    OWN_PROFILES._replace(group="Folders"),
    HOME._replace(group="Folders"),
)  # fmt: skip


def serve(values: OptionValues) -> int:
    """Serve a calculator, your runs and an API on this computer; Ctrl-C stops it.

    Example: greentrain serve --port 0
    """
    from greentrain.cli.foreign_package import foreign_package

    if foreign := foreign_package():
        error_line(foreign, 0)
    try:
        from greentrain.web import app
    except ImportError as error:  # of a package that the extra brings
        raise GreentrainError(str(error)) from error
    host = values.get("host", _HOST)
    listed = {name: tuple(filter(None, map(str.strip, values.get(name, "").split(",")))) for name in _SEVERAL}
    made = app(
        home=values.get("home"),
        profiles=values.get("profiles"),
        runs=values.get("runs"),
        token=values.get("token"),
        allowed_hosts=(host, *listed["allowed_host"]),
        allow_origins=listed["allow_origin"],
    )
    path = _root_path(values.get("root_path", ""))
    with _listening(host, values.get("port", _PORT)) as listener:
        write(_welcome(listener, path, made.state.settings))
        sys.stdout.flush()
        return _run(made, listener, path)


def _root_path(text: str) -> str:
    if text and not (text.startswith("/") and text.isascii() and text.isprintable() and not set(text) & set("?#%\\ ")):
        raise InputError("root_path", text, "must be a path such as /greentrain")
    return text.rstrip("/")


def _listening(host: str, port: str) -> socket.socket:
    """Listen at an address, so that whoever is told of it is heard."""
    import socket

    number = int(port) if port.isascii() and port.isdigit() and len(port) < _PORT_DIGITS else _LAST_PORT + 1
    if number > _LAST_PORT:
        raise InputError("port", port, f"must be a whole number from 0 to {_LAST_PORT}")
    try:
        (family, *_, address), *_ = socket.getaddrinfo(host, number, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
        listener = socket.create_server(address[:2], family=family, backlog=_MOST_AT_ONCE)
    except (OSError, UnicodeError, OverflowError) as error:
        reason = (getattr(error, "strerror", None) or "no such address").partition(" (")[0]
        in_use = "; --port 0 takes a free one" if getattr(error, "errno", None) == _in_use() else ""
        raise GreentrainError(f"cannot listen at {host} port {number}: {reason}{in_use}") from error
    # Connections inherit it. Without, an answer's second part waits 40 ms for the browser to confirm the first.
    listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return listener


def _in_use() -> int:
    import errno

    return errno.EADDRINUSE


def _welcome(listener: socket.socket, path: str, settings: Any) -> str:
    """Say where it is, and who sees what."""
    import ipaddress

    host, port = listener.getsockname()[:2]
    shown = f"[{host}]" if ":" in host else host
    address = f"http://{shown}:{port}{path}/"
    lines = [f"greentrain serves {address}"]
    is_open = not ipaddress.ip_address(host.partition("%")[0]).is_loopback
    if is_open:
        lines.append("There is no login: whoever reaches this computer may use the calculator.")
    if settings.runs == "token" or (is_open and settings.runs != "nobody"):
        lines.append(f"Your runs, for whoever has this address: {address}runs?token={settings.token}")
    return "\n".join([*lines, "Ctrl-C stops it."]) + "\n"


def _run(made: Any, listener: socket.socket, path: str) -> int:
    """Serve until a signal comes; requests that are being answered are answered."""
    import gc
    import signal

    import uvicorn

    config = uvicorn.Config(
        made,
        root_path=path,
        access_log=False,
        log_config=_LOG,
        server_header=False,
        limit_concurrency=_MOST_AT_ONCE,
        timeout_keep_alive=_KEPT_SECONDS,
        timeout_graceful_shutdown=_STOPPING_SECONDS,
    )
    gc.set_threshold(*_OBJECTS_BETWEEN_SEARCHES)  # unlike a command, a service keeps little of what it makes
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, _stopped)  # uvicorn raises the signal once more when it has stopped
    uvicorn.Server(config).run(sockets=[listener])
    return 0


def _stopped(*_: object) -> None:
    """Do nothing: the server has ended by then."""


_LOG: dict[str, Any] = {
    "version": 1,
    "disable_existing_loggers": False,
    "handlers": {"stderr": {"class": "logging.StreamHandler", "stream": "ext://sys.stderr"}},
    "loggers": {"uvicorn": {"handlers": ["stderr"], "level": "WARNING", "propagate": False}},
}
"""Faults alone: what is asked for is nobody's business."""

COMMAND = Command(serve, SERVE_OPTIONS, short_help="Serve a page and an API on this computer.")
