"""The calculator: what a form says in, everything that its page shows out."""

import json
import re
import shlex
from collections.abc import Iterable, Mapping
from typing import Any
from urllib.parse import urlencode

from greentrain.catalogue import DATA_VERSION, load_catalogue
from greentrain.errors import InputError
from greentrain.estimation import Estimate, estimate
from greentrain.estimation.labels import component_label, input_label
from greentrain.html_table import interval_bar
from greentrain.interval import Interval
from greentrain.numbers import counted, percent, scale_for
from greentrain.reporting.build_data import report_data_of
from greentrain.reporting.document.build import document_of
from greentrain.reporting.forms import FORMS
from greentrain.reporting.plain_values import plain
from greentrain.web.alternatives import by_methods, change, elsewhere, longest, on_other_hardware
from greentrain.web.fields import ALTERNATIVE, GROUPS, MAIN, WHAT_IF, Field, listed
from greentrain.web.parameters import NAMES, check_names, check_once
from greentrain.web.problems import error_of

DATA = "data"
"""In an address: the version of the tables that its author saw."""

_PLAIN_NUMBER = re.compile(r"[0-9]{1,15}(?:\.[0-9]{1,15})?|[0-9](?:\.[0-9]{1,15})?e[0-9]{1,2}", re.ASCII)
_MOST_DRIVERS = 5
_OF_HARDWARE = ("instance", "power", "host_power", "host_factor")
"""What was said of one device says nothing of another."""
_LEAST_SHARE = 0.01
_DETAILS = ("scope", "inputs", "notes", "method")
_QUANTITIES = (
    ("operational_kg", "Operational emissions", "kg CO2e", "location-based"),
    ("facility_energy_kwh", "Electricity", "kWh", "at the facility's meter"),
    ("embodied_kg", "Embodied emissions", "kg CO2e", "share of making the hardware; not in the figure above"),
    ("water_l", "Water", "L", "consumed on site and by power stations"),
)
_NARROWS = {
    "utilization": ("power", "the measured mean power of an accelerator"),
    "tdp": ("power", "the measured mean power of an accelerator"),
    "node_ratio": ("power", "the measured mean power of an accelerator"),
    "host_power": ("host_power", "the host's measured power"),
    "host_factor": ("host_power", "the host's measured power"),
    "pue": ("pue", "the facility's PUE"),
    "mfu": ("hours", "the hours"),
}
"""The field that narrows the interval most, by what drives it."""

_ORDER = {name: place for place, name in enumerate(NAMES)}

EXAMPLES = (
    ("Fine-tuning on one GPU", {"gpu": "A100", "hours": "12", "location": "France"}),
    ("8 billion parameters, 15 trillion tokens", {"gpu": "H100", "params": "8B", "tokens": "15T", "location": "US"}),
    ("A week on a computing centre's nodes", {"gpu": "MI250X", "count": "64", "hours": "7d", "location": "LUMI"}),
    ("A desktop at home", {"gpu": "RTX 4090", "hours": "40", "location": "Germany", "site": "workstation"}),
)  # fmt: skip


def page_of(query: Iterable[tuple[str, str]], root: str, profiles: str | None) -> dict[str, Any]:
    """Work out everything that the page shows for a query.

    Parameters
    ----------
    query : iterable of pairs
        Names and values of the address, blank fields included.
    root : str
        The way from the page to the top of the service.
    profiles : str or None
        Folder of own profiles.

    Returns
    -------
    dict
        Plain values for the template.
    """
    filled = [(name, value.strip()) for name, value in query if value.strip()]
    given = dict(sorted(filled, key=lambda pair: _ORDER.get(pair[0], len(_ORDER))))
    made_with = given.pop(DATA, DATA_VERSION)
    page: dict[str, Any] = {"root": root, "examples": _examples(root), "result": None, "error": None}
    page["other_data"] = made_with if made_with != DATA_VERSION else ""
    try:
        check_once(filled)
        check_names(given, (*NAMES, *(field.name for field in ALTERNATIVE)))
        if given:
            page |= _result(given, root, profiles)
    except InputError as error:
        page["error"] = _error(error, root, given)
    page["form"] = _form(given, page["error"])
    return page


def offers(profiles: str | None) -> dict[str, Any]:
    """List the names that the fields offer by themselves."""
    catalogue = load_catalogue(profiles)
    return {kind: listed(catalogue, kind) for kind in ("hardware", "places")}


def _examples(root: str) -> list[dict[str, str]]:
    return [{"title": title, "href": f"{root}?{urlencode(values)}"} for title, values in EXAMPLES]


def _form(given: Mapping[str, str], error: Mapping[str, Any] | None) -> dict[str, Any]:
    """Return the fields with what they hold; a group is open where it holds something."""
    groups = []
    for group in GROUPS:
        fields = [_field(field, given, error) for field in group.fields]
        groups.append({"title": group.title, "fields": fields, "is_open": _is_used(fields)})
    alternative = [_field(field, given, error) for field in ALTERNATIVE]
    main = [_field(field, given, error) for field in MAIN]
    return {"main": main, "groups": groups, "alternative": alternative, "has_alternative": _is_used(alternative)}


def _field(field: Field, given: Mapping[str, str], error: Mapping[str, Any] | None) -> dict[str, Any]:
    fault = error if error is not None and error["field"] == field.name else None
    return {**field._asdict(), "value": given.get(field.name, ""), "error": fault}


def _is_used(fields: list[dict[str, Any]]) -> bool:
    return any(field["value"] or field["error"] for field in fields)


def _error(error: InputError, root: str, given: Mapping[str, str]) -> dict[str, Any]:
    """Return what is wrong, at which field, and addresses that put a suggestion in its place."""
    found = error_of(error)
    known = {field.name: field.label for field in (*MAIN, *(field for group in GROUPS for field in group.fields))}
    labels = known | {field.name: f"{field.label}, what if" for field in ALTERNATIVE}
    name = error.parameter
    links = [{"text": text, "href": f"{root}?{urlencode({**given, name: text})}"} for text in found["suggestions"]]
    return {**found, "field": name, "label": labels.get(name, name), "links": links, "is_field": name in labels,
            "rule": error.spelled_rule(lambda other: labels.get(other, other).lower())}  # fmt: skip


def _result(given: Mapping[str, str], root: str, profiles: str | None) -> dict[str, Any]:
    said = {name: value for name, value in given.items() if not name.startswith(WHAT_IF)}
    instead = {name: value for name, value in given.items() if name.startswith(WHAT_IF)}
    result = estimate(**said, profiles=profiles)  # type: ignore[arg-type]  # text is read as on the command line
    data = report_data_of(result)
    document = document_of(data)
    more = {
        "result": {
            "title": data.title,
            "quantities": _quantities(result),
            "drivers": _drivers(result),
            "parts": _parts(result),
            "elsewhere": elsewhere(result, said, profiles),
            "hardware": on_other_hardware(result, said, profiles),
            "methods": (methods := by_methods(result)),
            "methods_differ": longest(methods),
            "defaults": f"{counted(len(result.defaults), 'input')} of {len(result.inputs)}",
            "what_if": _what_if(result, said, instead, profiles) if instead else None,
            "command": command_of(said),
            "python": python_of(said),
            "links": links_of(said, instead, root, result.run["year"]),
        },
    }
    kept = document._replace(sections=tuple(each for each in document.sections if each.id in _DETAILS))
    totals = {name: getattr(data, name) for name in ("operational_kg", "facility_energy_kwh")}
    subject = {"warnings": data.warnings, "equivalents": [item for item in data.equivalents if item.is_telling]}
    return plain({"document": kept, "subject": subject, "totals": totals, **more})  # type: ignore[no-any-return]


def _quantities(result: Estimate) -> list[dict[str, Any]]:
    found = []
    for name, label, unit, note in _QUANTITIES:
        value: Interval = getattr(result, name)
        base, _, substance = unit.partition(" ")
        scale = scale_for(value.best, base)
        words = f"{scale.unit} {substance}".rstrip()
        shown = value.scaled(1 / scale.size)
        found.append(
            {"label": label, "value": shown, "unit": words, "note": note, "bar": interval_bar(value, value.high)}
        )
    return found


def _drivers(result: Estimate) -> dict[str, Any]:
    """Return what the interval comes from, and which field narrows it most."""
    rows = [
        {"label": input_label(name), "share": percent(share), "width": f"{100 * share:.1f}%"}
        for name, share in result.drivers[:_MOST_DRIVERS]
        if share >= _LEAST_SHARE
    ]
    narrows = _NARROWS | {"grid_intensity": ("location", "a place") if result.run["place"] is None else ("", "")}
    first = result.drivers[0][0] if result.drivers else ""
    field, words = narrows.get(first, ("", ""))
    return {"rows": rows, "field": field, "words": words}


def _parts(result: Estimate) -> list[dict[str, Any]]:
    """Return the parts of the operational emissions side by side, as far as there is any of them."""
    whole = result.operational_kg.best
    found: list[dict[str, Any]] = []
    start = 0.0
    for part in result.breakdown:
        share = part.operational_kg / whole if whole else 0.0
        place = {"x": f"{100 * start:.2f}%", "width": f"{100 * share:.2f}%"}
        found.append({"name": part.component, "label": component_label(part.component), "share": percent(share),
                      "kg": part.operational_kg, "kwh": part.energy_kwh, **place})  # fmt: skip
        start += share
    return found


def _what_if(
    result: Estimate, said: Mapping[str, str], instead: Mapping[str, str], profiles: str | None
) -> dict[str, Any]:
    """Return the reader's alternative beside the run, and what it changes."""
    named = {name.removeprefix(WHAT_IF): value for name, value in instead.items()}
    dropped = {*(_OF_HARDWARE if "gpu" in named else ()), *(("gpu_hours",) if "hours" in named else ())}
    values = {**{name: value for name, value in said.items() if name not in dropped}, **named}
    try:
        other = estimate(**values, profiles=profiles)  # type: ignore[arg-type]  # as above
        if "gpu" in named and not {"count", "gpu_hours"} & values.keys() and other.count == 1 < result.count:
            values["count"] = str(result.count)  # which the name of the device stated, and the other's does not
            other = estimate(**values, profiles=profiles)  # type: ignore[arg-type]
    except InputError as error:
        name = f"{WHAT_IF}{error.parameter}" if error.parameter in named else error.parameter
        raise InputError(name, error.value, error.rule, error.suggestions) from error
    data = report_data_of(other)
    most = max(result.operational_kg.high, other.operational_kg.high)
    bars = [interval_bar(each.operational_kg, most) for each in (result, other)]
    return {"title": data.title, "quantities": _quantities(other), "change": change(result, other), "bars": bars,
            "command": command_of(values), "warnings": list(other.footprint.warnings)}  # fmt: skip


def command_of(said: Mapping[str, str]) -> str:
    """Write the command that gives the same result."""
    words = (f"--{name.replace('_', '-')} {_quoted(value)}" for name, value in said.items())
    return " ".join(["greentrain estimate", *words])


def python_of(said: Mapping[str, str]) -> str:
    """Write the line of Python that gives the same result."""
    arguments = (f"{'' if name == 'gpu' else f'{name}='}{_literal(value)}" for name, value in said.items())
    return f"greentrain.estimate({', '.join(arguments)})"


def links_of(said: Mapping[str, str], alternative: Mapping[str, str], root: str, year: int) -> dict[str, Any]:
    """Return the addresses of the result: to share, for programs, and as a file in every form.

    Parameters
    ----------
    said, alternative : mapping
        What the form held, by the names of its fields.
    root : str
        The way from the page to the top of the service.
    year : int
        The run's, so that an address means the same next year.
    """
    dated = {**said, "year": said.get("year", str(year))}
    query = urlencode(dated)
    shared = urlencode({**dated, **alternative, DATA: DATA_VERSION})
    forms = [
        {"name": name, "title": form.title, "href": f"{root}v1/reports/{name}?{query}"}
        for name, form in FORMS.items()
        if "estimate" in form.kinds
    ]
    return {"page": f"{root}?{shared}", "api": f"{root}v1/estimate?{query}", "forms": forms}


def _quoted(value: str) -> str:
    return shlex.quote(value) if not value.startswith("-") else shlex.quote(f"={value}")


def _literal(value: str) -> str:
    """Write a value as Python has it: numbers that are plain as such, all else as text, which is read alike."""
    return value if _PLAIN_NUMBER.fullmatch(value) and not re.match(r"0[0-9]", value) else json.dumps(value)
