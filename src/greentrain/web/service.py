"""The application: which path leads where, and what becomes of faults."""

from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from os import PathLike
from typing import Any

from greentrain._version import __version__
from greentrain.errors import GreentrainError, InputError, install_hint

try:
    from fastapi import FastAPI
    from starlette.exceptions import HTTPException
    from starlette.middleware.cors import CORSMiddleware
    from starlette.requests import Request
    from starlette.responses import Response
except ImportError as error:
    raise GreentrainError(f"The page needs FastAPI and uvicorn: {install_hint('web')}.") from error

from greentrain.catalogue import load_catalogue
from greentrain.plain_numbers import plain_json
from greentrain.web.api import JSON_TYPE, Api, answer, too_long
from greentrain.web.batches import TookTooLong
from greentrain.web.comparisons import COMPARED
from greentrain.web.gate import Gate
from greentrain.web.openapi import operation, schemas
from greentrain.web.pages import Pages, own_file
from greentrain.web.parameters import METHODS, NAMES
from greentrain.web.problems import input_problem, problem
from greentrain.web.settings import WebSettings, settings_of

_DESCRIPTION = (
    "Energy, CO2e and water of AI training runs, each with a 90 % interval and the sources of what it follows from. "
    "Parameters are those of the command line and of the library; so are the answers. Units stand in the names."
)


def app(
    *,
    home: str | PathLike[str] | None = None,
    profiles: str | PathLike[str] | None = None,
    allowed_hosts: Iterable[str] = (),
    allow_origins: Iterable[str] = (),
    runs: str | None = None,
    token: str | None = None,
) -> FastAPI:
    """Make the page and the service, for a server of your own; ``greentrain serve`` runs it on this computer.

    Parameters
    ----------
    home : path, optional
        Data folder of the runs that it shows; the user's own by default.
    profiles : path, optional
        Folder of your own profiles, which every estimate uses.
    allowed_hosts : iterable of str, optional
        Names under which it is asked for, in addition to ``localhost`` and to plain addresses.
    allow_origins : iterable of str, optional
        Sites whose scripts may read its answers; none by default.
    runs : {'loopback', 'token', 'nobody'}, optional
        Who sees the runs: who sits at this computer or has the token, who has the token, or nobody.
    token : str, optional
        What others have to show for the runs; without one, one is made: ``app().state.settings.token``.

    Returns
    -------
    FastAPI
        An application of the ASGI standard.

    Raises
    ------
    GreentrainError
        If the extra ``web`` is not installed.
    InputError
        If a setting cannot be used.
    """
    settings = settings_of(
        home=home,
        profiles=profiles,
        allowed_hosts=tuple(allowed_hosts),
        allow_origins=tuple(allow_origins),
        runs=runs,
        token=token,
    )
    if settings.profiles is not None:
        load_catalogue(settings.profiles)  # what is wrong with them is said now, and not to whoever asks first
    api = Api(settings)
    pages = Pages(settings, api)
    made = FastAPI(
        title="greentrain", version=__version__, description=_DESCRIPTION, lifespan=_lifespan(api, pages),
        docs_url=None, redoc_url=None, openapi_url=None, redirect_slashes=False,
    )  # fmt: skip
    made.state.settings = settings
    _add_api(made, api)
    _add_pages(made, pages)
    _add_description(made)
    _add_faults(made)
    if settings.allow_origins:
        origins = list(settings.allow_origins)
        made.add_middleware(
            CORSMiddleware, allow_origins=origins, allow_methods=["GET", "POST"], allow_headers=["content-type"]
        )
    made.add_middleware(Gate, settings=settings)
    return made


def _lifespan(api: Api, pages: Pages) -> Any:
    """Load the tables while nobody waits for them, and let threads go in the end."""

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        api.begin(pages.warm)
        yield
        api.close()

    return lifespan


def _add_api(made: FastAPI, api: Api) -> None:
    with_methods = (*NAMES, METHODS)
    routes = (
        ("/v1/estimate", "GET", api.estimate, operation("estimate", "Estimate a run", answer="Estimate",
                                                        query=with_methods)),
        ("/v1/estimate", "POST", api.estimate, operation("estimate_sent", "Estimate a run", answer="Estimate",
                                                         sent="Run")),
        ("/v1/estimates", "POST", api.estimates, operation("estimates", "Estimate many runs and add them up",
                                                           answer="Batch", sent="Runs")),
        ("/v1/compare", "GET", api.compare, operation("compare", "Compare ways to do one job", answer="Comparison",
                                                      query=COMPARED)),
        ("/v1/compare", "POST", api.compare, operation("compare_sent", "Compare ways to do one job",
                                                       answer="Comparison", sent="Compared")),
        ("/v1/profiles", "GET", api.profiles, operation("profiles", "Find hardware", answer="Profiles", query=("q",))),
        ("/v1/grids", "GET", api.grids, operation("grids", "Find places and cloud regions", answer="Grids",
                                                  query=("q",))),
        ("/v1/reports/{form}", "GET", api.report, operation("report", "Report a run as a file", answer="Report",
                                                            query=NAMES, forms=True)),
        ("/v1/reports/{form}", "POST", api.report, operation("report_sent", "Report a run as a file", answer="Report",
                                                             sent="ReportedRun", forms=True)),
        ("/health", "GET", api.health, operation("health", "State that the service runs", answer="Health")),
        ("/health/ready", "GET", api.ready, operation("ready", "State that the tables are loaded", answer="Health")),
    )  # fmt: skip
    for path, method, endpoint, description in routes:
        made.add_api_route(path, endpoint, methods=[method], response_class=Response, **description)


def _add_pages(made: FastAPI, pages: Pages) -> None:
    """Add what people look at, which is no part of the description for programs."""
    routes = {
        "/": pages.calculator,
        "/runs": pages.runs,
        "/runs/{id:path}": pages.run,
        "/api": pages.api_page,
        "/names/{kind}": pages.names,
        "/static/{name}": own_file,
    }
    for path, endpoint in routes.items():
        made.add_api_route(path, endpoint, methods=["GET"], include_in_schema=False)


def _add_description(made: FastAPI) -> None:
    """Serve what FastAPI makes of the routes, with our schemas; it is made when it is first asked for."""

    async def openapi(request: Request) -> Response:
        description = made.openapi()
        description["components"] = {"schemas": schemas()}
        return answer(request, plain_json(description), JSON_TYPE)

    made.add_api_route("/openapi.json", openapi, methods=["GET"], include_in_schema=False)


def _add_faults(made: FastAPI) -> None:
    async def of_input(_: Request, error: Exception) -> Response:
        assert isinstance(error, InputError)
        return input_problem(error)

    async def of_time(_: Request, __: Exception) -> Response:
        return too_long()

    async def of_http(request: Request, error: Exception) -> Response:
        assert isinstance(error, HTTPException)
        headers = {name.lower(): value for name, value in (error.headers or {}).items()}
        if error.status_code == 405:
            path = request.scope["path"].removeprefix(request.scope.get("root_path", ""))
            headers["allow"] = ", ".join(sorted(_methods(made, path)))
        words = {404: "there is nothing at this address; /openapi.json lists what there is"}
        return problem(error.status_code, words.get(error.status_code, str(error.detail)), headers=headers)

    async def of_data(_: Request, error: Exception) -> Response:
        return problem(500, str(error))

    made.add_exception_handler(InputError, of_input)
    made.add_exception_handler(GreentrainError, of_data)
    made.add_exception_handler(TookTooLong, of_time)
    made.add_exception_handler(HTTPException, of_http)


def _methods(made: FastAPI, path: str) -> set[str]:
    """List the methods that a path has, over all routes that lead there."""
    routes = [route for route in made.routes if hasattr(route, "path_regex") and hasattr(route, "methods")]
    found = {method for route in routes if route.path_regex.match(path) for method in route.methods or ()}
    return found | {"HEAD"} if "GET" in found else found


__all__ = ["WebSettings", "app"]
