"""The description of the service for programs: OpenAPI 3.1, with an example of each request and answer."""

import json
from collections.abc import Mapping
from functools import cache
from typing import Any

from greentrain.estimation import estimate
from greentrain.footprint import QUANTITIES
from greentrain.reporting.forms import FORMS
from greentrain.web.batches import batch_of
from greentrain.web.comparisons import comparison_of
from greentrain.web.parameters import METHODS, NAMES, descriptions, schema_of
from greentrain.web.problems import PROBLEM_TYPE, error_of
from greentrain.web.reports import form_options
from greentrain.web.settings import LONGEST_TEXT, MOST_ROWS

_RUN = {"gpu": "V100", "hours": 96, "location": "FR", "year": 2024}
_EXAMPLES: dict[str, Any] = {"gpu": "V100", "hours": 96, "location": "FR", "count": 8, "params": "8B", "tokens": "1T"}
_JSON = "application/json"
_TEXT = {"type": "string", "minLength": 1, "maxLength": LONGEST_TEXT}
_INTERVAL = {
    "type": "object",
    "description": "A best value with its 90 % interval, in the unit that the name states.",
    "required": ["low", "best", "high"],
    "properties": {end: {"type": "number"} for end in ("low", "best", "high")},
}
_AMOUNT = {"$ref": "#/components/schemas/Interval"}
_ANY_AMOUNT = {"anyOf": [_AMOUNT, {"type": "null"}]}
_ERRORS = {
    "type": "array",
    "items": {
        "type": "object",
        "required": ["parameter", "value", "rule", "suggestions"],
        "properties": {
            "parameter": {"type": "string"},
            "value": {"type": ["string", "number", "boolean", "null"]},
            "rule": {"type": "string"},
            "suggestions": {"type": "array", "items": {"type": "string"}},
        },
    },
}


def operation(
    id: str, summary: str, *, answer: str, sent: str = "", query: tuple[str, ...] = (), forms: bool = False
) -> dict[str, Any]:
    """Return how an endpoint is described, as FastAPI takes it for a route.

    Parameters
    ----------
    id : str
        Name of the operation.
    summary : str
        What it does.
    answer : str
        Name of the schema of its answer.
    sent : str, optional
        Name of the schema of what is sent to it.
    query : tuple of str, optional
        What its address may state.
    forms : bool, optional
        Whether the last part of its path is a form of reports.
    """
    parameters: list[dict[str, Any]] = [_in_query(name) for name in query]
    if forms:
        form = {"type": "string", "enum": list(FORMS)}
        parameters.append({"name": "form", "in": "path", "required": True, "schema": form, "example": "markdown"})
    more: dict[str, Any] = {"parameters": parameters} if parameters else {}
    if sent:
        more["requestBody"] = {
            "required": True,
            "content": {_JSON: {"schema": {"$ref": f"#/components/schemas/{sent}"}, "example": _sent(sent)}},
        }
    responses = {200: _answered(answer), **_faults(bool(query or sent or forms), bool(sent))}
    return {"operation_id": id, "summary": summary, "openapi_extra": more, "responses": responses}


def _in_query(name: str) -> dict[str, Any]:
    if name == "q":
        words = "Part of a name; case and punctuation do not count."
        return {"name": "q", "in": "query", "description": words, "schema": {"type": "string", "maxLength": 200}}
    schema = {"type": "boolean"} if name == METHODS else _TEXT if name in _MORE else schema_of(name)
    found = {"name": name, "in": "query", "description": _described(name), "schema": schema}
    return found | ({"example": _EXAMPLES[name]} if name in ("gpu", "hours", "location") else {})


_MORE = {
    METHODS: "Show the same run by published methods too, under methods.",
    "places": "Also these: europe, all, centres, cloud:aws, or a group of countries such as EU27.",
    "price": "Price per kWh, 0.25, or per accelerator-hour, 2.10/gpu-hour.",
}


def _described(name: str) -> str:
    return descriptions().get(name) or _MORE[name]


def _answered(name: str) -> dict[str, Any]:
    if name == "Report":
        kinds = ("text/html", "text/markdown", "text/plain", _JSON, "text/csv", "text/x-tex")
        return {"description": "The report, as a file.", "content": {kind: {"schema": {}} for kind in kinds}}
    schema: dict[str, Any] = {"schema": {"$ref": f"#/components/schemas/{name}"}}
    return {"description": "The answer.", "content": {_JSON: schema}}


def _faults(has_input: bool, is_sent: bool) -> dict[int, dict[str, Any]]:
    """Describe the faults that an endpoint can have: of the input, its size and kind, and the time that it takes."""
    words = {400: "Another host is asked for.", 503: "It takes longer than a request may, or too many are there."}
    words |= {422: "An input cannot be used; errors name each."} if has_input else {}
    words |= {408: "It did not arrive in time.", 413: "More than may be sent.", 415: "No JSON."} if is_sent else {}
    schema = {"schema": {"$ref": "#/components/schemas/Problem"}}
    return {status: {"description": text, "content": {PROBLEM_TYPE: schema}} for status, text in sorted(words.items())}


def _sent(name: str) -> Any:
    several = {"Runs": {"runs": [_RUN, {**_RUN, "location": "PL"}], "by": ["location"]},
               "Compared": {**_RUN, "gpu": ["A100", "H100"], "location": ["FR", "PL"]}}  # fmt: skip
    return several.get(name, _RUN)


_TRIES = (
    ("V100 for 96 hours in France", "v1/estimate?gpu=V100&hours=96&location=FR"),
    ("The same as Markdown", "v1/reports/markdown?gpu=V100&hours=96&location=FR"),
    ("Hardware with H100 in its name", "v1/profiles?q=H100"),
    ("Places with Frank in their names", "v1/grids?q=frank"),
)


def endpoints_of(description: Mapping[str, Any]) -> dict[str, Any]:
    """Return what the page for readers shows of a description."""
    endpoints = [
        {"path": path, "method": method.upper(), "summary": each["summary"], "parameters": _parameters_of(each),
         "example": _example_of(each)}
        for path, methods in description["paths"].items()
        for method, each in methods.items()
    ]  # fmt: skip
    tries = [{"title": title, "href": href} for title, href in _TRIES]
    return {"info": description["info"], "openapi": description["openapi"], "endpoints": endpoints, "tries": tries}


def _parameters_of(described: Mapping[str, Any]) -> list[dict[str, str]]:
    found = described.get("parameters", [])
    return [{"name": each["name"], "description": each.get("description", f"One of {', '.join(FORMS)}.")} for each in
            found]  # fmt: skip


def _example_of(described: Mapping[str, Any]) -> str:
    content = described.get("requestBody", {}).get("content", {})
    return json.dumps(content[_JSON]["example"], indent=2) if _JSON in content else ""


@cache
def schemas() -> dict[str, Any]:
    """Return the schemas that the descriptions of the endpoints name, with examples that were worked out."""
    described = {name: schema_of(name) | {"description": _described(name)} for name in NAMES}
    run: dict[str, Any] = {
        "type": "object",
        "properties": {name: _or_null(schema) for name, schema in described.items()},
    }
    run |= {"additionalProperties": False}
    with_methods = {**run["properties"], METHODS: {"type": "boolean", "description": _described(METHODS)}}
    options = {name: {"type": ["string", "null"]} for form in FORMS for name in form_options(form)}
    more = {"title": {"type": ["string", "null"]}, "made_at": {"type": ["string", "null"]}, **options}
    return {
        "Interval": _INTERVAL,
        "Run": {**run, "properties": with_methods},
        "Runs": _runs(described),
        "Compared": {**run, "properties": {name: _or_more(schema) for name, schema in described.items()} | _lists_of()},
        "Comparison": _comparison(),
        "ReportedRun": {**run, "properties": {**run["properties"], **more}},
        "Estimate": _estimate(),
        "Batch": _batch(),
        "Profiles": _lists("profiles", "accelerators", "families", "cpus", "instances"),
        "Grids": _lists("grids", "places", "regions"),
        "Health": _health(),
        "Problem": _problem(),
    }


def _or_null(schema: dict[str, Any]) -> dict[str, Any]:
    if "anyOf" in schema:
        return schema | {"anyOf": [*schema["anyOf"], {"type": "null"}]}
    if "enum" in schema:
        return {**schema, "type": ["string", "null"], "enum": [*schema["enum"], None]}
    return {**schema, "type": [schema["type"], "null"]}


def _or_more(schema: dict[str, Any]) -> dict[str, Any]:
    return {"anyOf": [_or_null(schema), {"type": "array", "items": schema, "minItems": 1}, _TEXT]}


def _lists_of() -> dict[str, Any]:
    return {name: {**_TEXT, "type": ["string", "null"], "description": _MORE[name]} for name in ("places", "price")}


def _comparison() -> dict[str, Any]:
    row = {"run": {"type": "object"}, "rank": {"type": "integer"}, **dict.fromkeys(QUANTITIES, _AMOUNT)}
    row |= {"over_best": _AMOUNT, "differs_from_best": {"type": "boolean"}}
    rows = {"type": "array", "items": {"type": "object", "required": list(row), "properties": row}}
    properties = {"kind": {"const": "comparison"}, "axes": {"type": "object"}, "rows": rows, "notes": {"type": "array"}}
    example = comparison_of(_sent("Compared"), None)
    return {"type": "object", "required": list(properties), "properties": properties, "examples": [example]}


def _runs(described: Mapping[str, Any]) -> dict[str, Any]:
    """Describe many runs loosely: what is wrong with one of them stands in its row, and is no fault of the request."""
    said = {name: {"description": schema["description"]} for name, schema in described.items()}
    run = {"type": "object", "properties": said}
    listed = {"type": "array", "items": run, "minItems": 1, "maxItems": MOST_ROWS}
    name = {"type": "string", "enum": list(NAMES)}
    names = {"anyOf": [{"type": "array", "items": name, "maxItems": 5}, name, {"type": "null"}]}
    whole = {"type": "object", "required": ["runs"], "additionalProperties": False}
    return {"anyOf": [listed, {**whole, "properties": {"runs": listed, "by": names, **said}}]}


def _estimate() -> dict[str, Any]:
    lists = ("breakdown", "inputs", "drivers", "equivalents", "notes", "warnings")
    properties: dict[str, Any] = {"schema_version": {"const": 1}, "kind": {"const": "estimate"}}
    properties |= {name: {"type": "string"} for name in ("greentrain_version", "data_version")}
    properties |= {"run": {"type": "object"}, **dict.fromkeys(QUANTITIES, _AMOUNT)}
    properties |= {"basis": {"enum": ["measured", "mixed", "estimated"]}}
    properties |= {"scope": {"enum": ["accelerator", "node", "facility"]}}
    properties |= {name: {"type": "array"} for name in lists} | {"sources": {"type": "object"}}
    example = estimate(**_RUN).to_dict()  # type: ignore[arg-type]
    return {"type": "object", "required": list(properties), "properties": properties, "examples": [example]}


def _batch() -> dict[str, Any]:
    sums = dict.fromkeys(("it_energy_kwh", "facility_energy_kwh", "operational_kg"), _ANY_AMOUNT)
    summed = {"type": "object", "required": ["runs", *sums], "properties": {"runs": {"type": "integer"}, **sums}}
    row = {"type": "object", "required": ["basis", "error"], "properties": dict.fromkeys(QUANTITIES, _ANY_AMOUNT)}
    properties: dict[str, Any] = {"kind": {"const": "batch"}, "rows": {"type": "integer"}}
    properties |= {"failed": {"type": "integer"}, "groups": {"type": "array", "items": summed}, "totals": summed}
    properties |= {"estimates": {"type": "array", "items": row}}
    example = batch_of(_sent("Runs"), None)
    return {"type": "object", "required": list(properties), "properties": properties, "examples": [example]}


def _lists(kind: str, *names: str) -> dict[str, Any]:
    lists = {name: {"type": "array", "items": {"type": "object"}} for name in names}
    return {"type": "object", "required": ["kind", *names], "properties": {"kind": {"const": kind}, **lists}}


def _health() -> dict[str, Any]:
    texts = {name: {"type": "string"} for name in ("version", "data_version")}
    return {"type": "object", "required": ["status", *texts], "properties": {"status": {"const": "ok"}, **texts}}


def _problem() -> dict[str, Any]:
    texts = {name: {"type": "string"} for name in ("type", "title", "detail")}
    properties = {**texts, "status": {"type": "integer"}, "errors": _ERRORS}
    return {
        "type": "object",
        "description": "A fault, as RFC 9457 has it.",
        "required": [*texts, "status", "errors"],
        "properties": properties,
        "examples": [_unknown_gpu()],
    }


def _unknown_gpu() -> dict[str, Any]:
    from greentrain.errors import InputError

    try:
        estimate("V1000", hours=96)
    except InputError as error:
        head = {"type": "about:blank", "title": "Unprocessable Content", "status": 422, "detail": error.message()}
        return {**head, "errors": [error_of(error)]}
    return {}
