"""The answers for programs, under ``/v1``: the same JSON as the command line prints."""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from hashlib import sha256
from typing import Any, TypeVar

from starlette.requests import Request
from starlette.responses import Response

from greentrain._version import __version__
from greentrain.catalogue import DATA_VERSION, load_catalogue
from greentrain.catalogue.search import search_hardware, search_places
from greentrain.estimation import estimate
from greentrain.plain_numbers import plain_json
from greentrain.reporting.forms import FORMS
from greentrain.reporting.terminal.catalogue import hardware_dict, places_dict
from greentrain.validation.comparison import compare_methods
from greentrain.web.batches import TookTooLong, batch_of
from greentrain.web.comparisons import COMPARED, comparison_of
from greentrain.web.parameters import METHODS, NAMES, read_json, read_object, read_query, take_switch
from greentrain.web.problems import problem
from greentrain.web.reports import form_parameters, report_of
from greentrain.web.settings import MOST_SECONDS, WebSettings

JSON_TYPE = "application/json"
_FRESH = "private, max-age=3600"
_THREADS = 4
_T = TypeVar("_T")


class Api:
    """The endpoints for programs.

    Parameters
    ----------
    settings : WebSettings
        What the service allows.
    """

    def __init__(self, settings: WebSettings) -> None:
        self._profiles = settings.profiles
        self._pool = ThreadPoolExecutor(max_workers=_THREADS, thread_name_prefix="greentrain")

    def begin(self, work: Callable[[], object]) -> None:
        """Do something beside the requests of which nobody waits for the end."""
        self._pool.submit(work)

    def close(self) -> None:
        """Let the threads go."""
        self._pool.shutdown(wait=False, cancel_futures=True)

    async def in_time(self, work: Callable[[], _T]) -> _T:
        """Do longer work beside the others' requests.

        Raises
        ------
        TookTooLong
            If it does not end in time.
        """
        try:
            return await asyncio.wait_for(
                asyncio.get_running_loop().run_in_executor(self._pool, work), MOST_SECONDS + 1.0
            )
        except TimeoutError:
            raise TookTooLong from None

    async def health(self) -> Response:
        """State that the service runs, without any work."""
        state = {"status": "ok", "version": __version__, "data_version": DATA_VERSION}
        return Response(plain_json(state), media_type=JSON_TYPE)

    async def ready(self) -> Response:
        """State that the tables are loaded."""
        await self.in_time(lambda: estimate("V100", hours=1, profiles=self._profiles))
        return await self.health()

    async def estimate(self, request: Request) -> Response:
        """Estimate what an address or a JSON object describes."""
        known = (*NAMES, METHODS)
        is_get = request.method == "GET"
        values: dict[str, Any] = {**read_query(request, known)} if is_get else await read_object(request, known)
        with_methods = take_switch(values, METHODS)
        result = estimate(**values, profiles=self._profiles)
        if not with_methods:
            return answer(request, result.to_json(indent=None))
        methods = await self.in_time(lambda: compare_methods(result).to_dict())
        return answer(request, plain_json(result.to_dict() | {"methods": methods}))

    async def estimates(self, request: Request) -> Response:
        """Estimate many runs."""
        body = await read_json(request)
        return answer(request, await self.in_time(lambda: plain_json(batch_of(body, self._profiles))))

    async def compare(self, request: Request) -> Response:
        """Compare ways to do one job."""
        if request.method == "GET":
            listed = request.query_params
            values: dict[str, Any] = {name: _one_or_more(listed.getlist(name)) for name in listed}
        else:
            values = await read_object(request, COMPARED)
        return answer(request, await self.in_time(lambda: plain_json(comparison_of(values, self._profiles))))

    async def profiles(self, request: Request) -> Response:
        """Find hardware by a part of a name."""
        return await self._found(request, lambda catalogue, word: hardware_dict(search_hardware(catalogue, word)))

    async def grids(self, request: Request) -> Response:
        """Find places by a part of a name."""
        return await self._found(
            request, lambda catalogue, word: places_dict(catalogue, search_places(catalogue, word))
        )

    async def _found(self, request: Request, search: Callable[[Any, str], dict[str, Any]]) -> Response:
        word = read_query(request, ("q",)).get("q", "")
        catalogue = load_catalogue(self._profiles)
        return answer(request, await self.in_time(lambda: plain_json(search(catalogue, word))))

    async def report(self, request: Request) -> Response:
        """Report what an address or a JSON object describes, in any form."""
        name = request.path_params["form"]
        known = form_parameters(name)
        is_get = request.method == "GET"
        values = {**read_query(request, known)} if is_get else await read_object(request, known)
        text = await self.in_time(partial(report_of, name, values, self._profiles))
        found = answer(request, text, _MEDIA_TYPES[FORMS[name].suffix])
        found.headers["content-disposition"] = f'attachment; filename="greentrain-{name}{FORMS[name].suffix}"'
        found.headers["content-security-policy"] = "sandbox; default-src 'none'"
        return found


def _one_or_more(values: list[str]) -> str | list[str]:
    return values[0] if len(values) == 1 else values


_MEDIA_TYPES = {
    ".html": "text/html; charset=utf-8",
    ".md": "text/markdown; charset=utf-8",
    ".txt": "text/plain; charset=utf-8",
    ".json": JSON_TYPE,
    ".csv": "text/csv; charset=utf-8",
    ".tex": "text/x-tex; charset=utf-8",
}


def answer(request: Request, text: str, media_type: str = JSON_TYPE) -> Response:
    """Answer with text that is the same for the same question, which a browser may keep for an hour."""
    content = text.encode("utf-8", "backslashreplace")
    tag = f'"{sha256(content).hexdigest()[:24]}"'
    headers = {"etag": tag, "cache-control": _FRESH} if request.method == "GET" else {}
    if headers and tag in request.headers.get("if-none-match", ""):
        return Response(status_code=304, headers=headers)
    return Response(content, media_type=media_type, headers=headers)


def too_long() -> Response:
    """Answer that something takes longer than a request may."""
    return problem(
        503, f"this takes longer than {MOST_SECONDS:g} s; ask for less at once", headers={"retry-after": "1"}
    )
