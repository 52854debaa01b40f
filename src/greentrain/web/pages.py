"""The pages for people: templates filled in, the page's own files, and what the form is offered while one types."""

from collections.abc import Callable, Mapping
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import Any

from jinja2 import FileSystemLoader
from markupsafe import Markup, escape
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from greentrain._version import __version__
from greentrain.catalogue import DATA_VERSION, load_catalogue
from greentrain.errors import InputError
from greentrain.html_table import typeset
from greentrain.plain_numbers import plain_json
from greentrain.reporting.templating import FOLDER as REPORT_FOLDER
from greentrain.reporting.templating import TemplateSandbox, environment
from greentrain.web.api import JSON_TYPE, Api, answer
from greentrain.web.calculator import offers, page_of
from greentrain.web.fields import offered
from greentrain.web.openapi import endpoints_of, schemas
from greentrain.web.parameters import read_query
from greentrain.web.runs import list_of, run_of
from greentrain.web.settings import LONGEST_TEXT, WebSettings

_FOLDER = Path(__file__).parent
_FILES = {"page.css": "text/css; charset=utf-8", "page.js": "text/javascript; charset=utf-8",
          "icon.svg": "image/svg+xml"}  # fmt: skip
_KINDS = ("hardware", "places")


class Pages:
    """The pages for people.

    Parameters
    ----------
    settings : WebSettings
        Who sees what.
    api : Api
        Where longer work is done.
    """

    def __init__(self, settings: WebSettings, api: Api) -> None:
        self._settings = settings
        self._api = api

    def warm(self) -> None:
        """Load what the first page needs, so that whoever asks for it waits no longer than the others."""
        query = [("gpu", "V100"), ("hours", "1"), ("location", "FR"), ("if_location", "PL")]
        page = page_of(query, "./", self._settings.profiles) | {"offers": offers(self._settings.profiles)}
        shared = {"here": "", "shows_runs": False, "token_query": "", "made_by_page": "", "data_version": ""}
        templates().get_template("calculator.html.j2").render({**shared, **page})

    async def calculator(self, request: Request) -> Response:
        """Show the form, and the result of what it holds."""
        query = request.query_params.multi_items()
        is_part = request.headers.get("x-part") == "result"

        def work() -> dict[str, Any]:
            offered_names = None if is_part else offers(self._settings.profiles)
            return page_of(query, "./", self._settings.profiles) | {"offers": offered_names}

        return await self._page("calculator.html.j2", work, request, "calculator")

    async def runs(self, request: Request) -> Response:
        """Show the list of runs."""
        if (refused := self._refused(request)) is not None:
            return refused
        query, token = dict(request.query_params), self._carried(request)
        return await self._page("runs.html.j2", lambda: list_of(self._settings.home, query, "./", token), request)

    async def run(self, request: Request) -> Response:
        """Show one run in full."""
        if (refused := self._refused(request)) is not None:
            return refused
        id, token = request.path_params["id"], self._carried(request)
        try:
            return await self._page("run.html.j2", lambda: run_of(self._settings.home, id, "../", token), request)
        except InputError as error:
            words = {"root": "../", "heading": "There is no such run", "words": error.message()}
            return html(self.rendered("refused.html.j2", words, request, here="runs"), 404)

    async def api_page(self, request: Request) -> Response:
        """Show the endpoints, from their description for programs."""
        description = {**request.app.openapi(), "components": {"schemas": schemas()}}
        return await self._page("api.html.j2", lambda: {"root": "./", **endpoints_of(description)}, request, "api")

    async def _page(
        self, template: str, work: Callable[[], Mapping[str, Any]], request: Request, here: str = "runs"
    ) -> Response:
        return html(await self._api.in_time(lambda: self.rendered(template, work(), request, here=here)))

    def _refused(self, request: Request) -> Response | None:
        """Refuse who may not see the runs; None for who may."""
        if self._settings.shows_runs(request.scope, request.query_params.get("token")):
            return None
        words = (
            "The runs of this computer are shown on itself, at the address that greentrain serve prints, or with the "
            "token that it prints. This service shows the calculator to everybody else."
        )
        root = "../" if "id" in request.path_params else "./"
        page = {"root": root, "heading": "The runs are not shown here", "words": words}
        return html(self.rendered("refused.html.j2", page, request, here="runs"), 403)

    def _carried(self, request: Request) -> str:
        """Return the token that addresses have to carry on; blank where none was needed."""
        token = request.query_params.get("token", "")
        return token if token == self._settings.token else ""

    async def names(self, request: Request) -> Response:
        """Offer names that hold a word."""
        kind = request.path_params["kind"]
        if kind not in _KINDS:
            raise HTTPException(404)
        word = read_query(request, ("q",)).get("q", "")[:LONGEST_TEXT]
        names = await self._api.in_time(lambda: offered(load_catalogue(self._settings.profiles), kind, word))
        return answer(request, plain_json({"names": names}), JSON_TYPE)

    def rendered(self, template: str, values: Mapping[str, Any], request: Request, *, here: str) -> str:
        """Fill in a template with what every page has, too."""
        token = self._carried(request)
        shared = {
            "here": here,
            "shows_runs": self._settings.shows_runs(request.scope, token),
            "token_query": f"?token={token}" if token else "",
            "made_by_page": f"greentrain {__version__}, data {DATA_VERSION}",
            "data_version": DATA_VERSION,
        }
        return templates().get_template(template).render({**shared, **values})


@cache
def templates() -> TemplateSandbox:
    """Make the environment of the pages' templates, once."""
    made = environment(FileSystemLoader(_FOLDER / "templates", encoding="utf-8"))
    made.filters |= {"chem": _with_subscript, "mass": lambda unit: unit.removesuffix(" CO2e")}
    return made


def _with_subscript(text: str) -> Markup:
    """Write formulas of gases and signs as people do."""
    return Markup(typeset(str(escape(text))))


def html(text: str, status: int = 200) -> Response:
    """Answer with a page, which nobody keeps."""
    return Response(text.encode("utf-8", "backslashreplace"), status, media_type="text/html; charset=utf-8")


async def own_file(request: Request) -> Response:
    """Answer with one of the page's own files."""
    name = request.path_params["name"]
    if name not in _FILES:
        raise HTTPException(404)
    content, tag = _content(name)
    headers = {"etag": tag, "cache-control": "no-cache"}
    if tag in request.headers.get("if-none-match", ""):
        return Response(status_code=304, headers=headers)
    return Response(content, media_type=_FILES[name], headers=headers)


@cache
def _content(name: str) -> tuple[bytes, str]:
    content = (_FOLDER / "static" / name).read_bytes()
    if name == "page.css":  # tables of reports stand on pages too
        content += (REPORT_FOLDER / "tables.css").read_bytes()
    return content, f'"{sha256(content).hexdigest()[:24]}"'
