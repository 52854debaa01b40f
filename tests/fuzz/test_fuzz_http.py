"""Any request to the service: answered or refused in its own shape, never with a fault of its own."""

import json
import socket
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlencode

import pytest
from conftest_fuzz import FUZZ
from hypothesis import given
from hypothesis import strategies as st

import greentrain

sys.path.append(str(Path(__file__).parents[1] / "web"))
from served import Service, service

ODD = st.sampled_from(
    ["", " ", "-1", "0", "1e999", "nan", "8B", "3d", "1,5", "V100", "8xA100", "FR", "europe", "<script>x</script>",
     "{{7*7}}", "\u202e", "\ud800", "\x00", "\n", "a" * 201, "../..", "/etc/passwd", "%", "%s", "{gpu}", "true", "null",
     "2024", "9" * 400]
) | st.text(max_size=20)  # fmt: skip
NAMES = ("gpu", *(greentrain.estimate.__kwdefaults__ or ()))
FIELDS = st.sampled_from(
    [*NAMES, "compare_methods", "q", "title", "if_gpu", "if_location", "data", "runs", "by", "token"]
)
QUERIES = st.lists(st.tuples(FIELDS | ODD, ODD), max_size=6)
PATHS = st.sampled_from(
    ["/", "/v1/estimate", "/v1/compare", "/v1/profiles", "/v1/grids", "/v1/reports/json", "/v1/reports/latex", "/runs",
     "/runs/x", "/names/places", "/static/page.css", "/openapi.json", "/health", "/api"]
)  # fmt: skip
PLAIN = st.none() | st.booleans() | st.integers() | st.floats() | ODD
VALUES = st.recursive(
    PLAIN, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(FIELDS | ODD, inner, max_size=3)
)
BODIES = st.dictionaries(FIELDS | ODD, VALUES, max_size=6) | VALUES
SENT_TO = st.sampled_from(
    ["/v1/estimate", "/v1/estimates", "/v1/compare", "/v1/reports/json", "/v1/reports/spdx", "/v1/reports/csv"]
)
EXPECTED = {200, 304, 400, 403, 404, 405, 413, 415, 422}


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    """One service for all requests."""
    with service(home=tmp_path_factory.mktemp("home")) as found:
        yield found


def check(answer: Any, path: str) -> None:
    """Faults of the service for programs have one shape; nothing that was asked acts in a page."""
    assert answer.status in EXPECTED, answer.text
    assert "unsafe" not in answer.headers["content-security-policy"]
    if answer.headers["content-type"] == "application/problem+json":
        assert {*answer.json} == {"type", "title", "status", "detail", "errors"}
        assert answer.json["status"] == answer.status
        assert answer.json["detail"].isprintable()
    elif path.startswith("/v1") and answer.headers["content-type"] == "application/json":
        assert answer.json is not None
    elif answer.headers["content-type"].startswith("text/html"):
        assert "<script>x" not in answer.text
        assert "\u202e" not in answer.text


@FUZZ
@given(PATHS, QUERIES)
def test_any_address_is_answered(served: Service, path: str, query: list[tuple[str, str]]) -> None:
    """Whatever its names and values are."""
    pairs = [(name, value) for name, value in query if name != "token"]
    check(served.ask(f"{path}?{urlencode(pairs, errors='surrogatepass')}"), path)


@FUZZ
@given(SENT_TO, BODIES)
def test_any_json_is_answered(served: Service, path: str, body: Any) -> None:
    """Whatever its names, values and levels are; NaN too, which Python writes."""
    check(served.ask(path, method="POST", body=json.dumps(body).encode()), path)


@FUZZ
@given(SENT_TO, st.binary(max_size=200))
def test_any_bytes_are_answered(served: Service, path: str, body: bytes) -> None:
    """They are hardly ever JSON."""
    check(served.ask(path, method="POST", body=body), path)


@FUZZ
@given(ODD)
def test_any_path_is_answered(served: Service, text: str) -> None:
    """Files of this computer's are at none of them."""
    for path in (f"/{quote(text, errors='surrogatepass')}", f"/runs/{quote(text, safe='', errors='surrogatepass')}",
                 f"/v1/reports/{quote(text, safe='', errors='surrogatepass')}?gpu=V100&hours=1"):  # fmt: skip
        check(served.ask(path), path)


@FUZZ
@given(st.binary(max_size=100), st.booleans())
def test_what_is_no_request_ends_its_own_connection_alone(served: Service, sent: bytes, as_header: bool) -> None:
    """The next request is answered as before."""
    begun = b"GET /health HTTP/1.1\r\nHost: localhost\r\nX: " + sent + b"\r\n\r\n" if as_header else sent + b"\r\n\r\n"
    with socket.create_connection(("127.0.0.1", served.port), timeout=10) as connection:
        connection.sendall(begun)
        connection.shutdown(socket.SHUT_WR)
        while connection.recv(65536):
            pass
    assert served.get("/health").status == 200
