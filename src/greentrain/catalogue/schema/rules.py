"""The rules between the columns of one row: ranges in order, and labels that belong together."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from greentrain.catalogue.schema.columns import SCHEMAS, TableSchema

COUNTRY_KINDS = ("country", "aggregate")
"""Kinds of place whose series is in grid_countries.csv."""

_HIGHEST_OVER_TDP = 1.1
"""Mean training power over TDP that a device can hold. [1]"""
_TERMS_BY_PLACE = ("subregion", "place_source", "place_implausible")
"""Terms of the grid's uncertainty whose key is a place."""
_METER_OF_LEVEL = {"accelerator": "device", "node": "wall"}
_ROUNDING = 0.006
"""Relative difference that rounding to two digits of a ratio near 1 leaves."""
_PER_DEVICE_SCOPES = ("device", "provisioned")
_NEEDED_BY_KIND = {"published": ("gpu", "published_kg"), "own": ("gpu",)}
_NOT_OURS = ("power_w", "host_factor", "pue", "grid_g_per_kwh", "published_kwh", "published_kg")

Values = Mapping[str, Any]
"""The values of a row by column, None for a blank cell without default."""

Faults = Iterator[tuple[str, str]]
"""Column and rule of each fault."""


def row_faults(file: str, row: Mapping[str, str]) -> list[tuple[str, str]]:
    """Check one row by itself; return column and rule of each fault.

    Parameters
    ----------
    file : str
        Name of the file that the row is of.
    row : mapping of str to str
        The cells; unknown columns are left to the check of the header.
    """
    schema = SCHEMAS[file]
    values: dict[str, Any] = {}
    faults: list[tuple[str, str]] = []
    for name, column in schema.columns_of(row).items():
        text = row.get(name) or column.default
        try:
            values[name] = column.read(text) if text else None
        except ValueError as error:
            faults.append((name, str(error)))
        if not text and column.required == "yes":
            faults.append((name, "must not be blank"))
    return faults or [*_between_columns(file, schema, values)]


def _between_columns(file: str, schema: TableSchema, values: Values) -> Faults:
    for triple in schema.triples:
        yield from _out_of_order(values, *triple)
    yield from _RULES.get(file, _no_rule)(values)


def _out_of_order(values: Values, low: str, best: str, high: str) -> Faults:
    below, middle, above = values[low], values[best], values[high]
    if middle is None:
        given = [column for column in (low, high) if values[column] is not None]
        if given:
            yield best, f"must not be blank where {given[0]} is given"
        return
    if below is not None and below > middle:
        yield low, f"{below:.10g} is above {best}, {middle:.10g}"
    if above is not None and above < middle:
        yield high, f"{above:.10g} is below {best}, {middle:.10g}"


def _together(values: Values, first: str, *others: str) -> Faults:
    """Require the other columns where the first one is filled."""
    if values[first] is not None:
        yield from ((other, f"must not be blank where {first} is given") for other in others if values[other] is None)


def _accelerator(values: Values) -> Faults:
    yield from _powers_out_of_order(values)
    yield from _together(values, "idle_w", "idle_source")
    yield from _together(values, "training_w", "training_scope", "training_source")
    yield from _together(values, "embodied_kg", "embodied_scope", "embodied_source")


def _powers_out_of_order(values: Values) -> Faults:
    idle, training, rated = values["idle_w"], values["training_w"], values["tdp_w"]
    if idle is not None and rated is not None and idle > rated:
        yield "idle_w", f"{idle:.10g} is above tdp_w, {rated:.10g}"
    if training is None or values["training_scope"] not in _PER_DEVICE_SCOPES:
        return
    if idle is not None and idle > training:
        yield "idle_w", f"{idle:.10g} is above training_w, {training:.10g}"
    if rated is not None and training > _HIGHEST_OVER_TDP * rated:
        yield "training_w", f"{training:.10g} is above {_HIGHEST_OVER_TDP} x tdp_w, {rated:.10g}"


def _place(values: Values) -> Faults:
    kind, is_part = values["kind"], values["kind"] not in COUNTRY_KINDS
    if is_part and not values["parent"]:
        yield "parent", f"must not be blank for a {kind}: give the code of its country"
    if not is_part and values["parent"]:
        yield "parent", f"must be blank for a place of kind {kind}"


def _grid_uncertainty(values: Values) -> Faults:
    key = values["key"]
    if values["term"] not in _TERMS_BY_PLACE and not key.isdecimal():
        yield "key", f"{key!r} is not a whole number; write digits alone"


def _cloud_region(values: Values) -> Faults:
    yield from _together(values, "g_per_kwh", "year", "basis")
    yield from _together(values, "latitude", "longitude")
    yield from _together(values, "cfe_fraction", "cfe_year")


def _equivalent(values: Values) -> Faults:
    """Check that a flight has every label without which it would mislead."""
    yield from _together(values, "subject", "trip", "radiative_forcing")
    yield from _together(values, "trip", "subject")


def _model_run(values: Values) -> Faults:
    active, params = values["active_params"], values["params"]
    if active is not None and active > params:
        yield "active_params", f"{active:.10g} is above params, {params:.10g}"


def _claim_scenario(values: Values) -> Faults:
    """Check that a scenario can be estimated or was printed, and that ours leaves everything to the defaults."""
    kind, is_estimated = values["kind"], values["gpu"] is not None
    if is_estimated:
        yield from _together(values, "gpu", "count", "hours")
    elif values["published_kg"] is None:
        yield "published_kg", "must not be blank where gpu is"
    if is_estimated and (values["published_kg"] or values["published_kwh"]):
        yield from _together(values, "gpu", "tolerance")
    missing = [name for name in _NEEDED_BY_KIND.get(kind, ()) if values[name] is None]
    yield from ((name, f"must not be blank for a scenario of kind {kind}") for name in missing)
    filled = [name for name in _NOT_OURS if kind == "own" and values[name] is not None]
    yield from ((name, "must be blank for a scenario of kind own, which takes our defaults") for name in filled)


def _power_evidence(values: Values) -> Faults:
    """Check that what is fitted was read by a meter of its level, and that the stated watts give the ratio."""
    meter, needed = values["meter"], _METER_OF_LEVEL[values["level"]]
    if values["use"] == "fit":
        if meter != needed:
            yield "meter", f"{meter!r} is no evidence of {values['level']} power to fit: it must be {needed}"
        if values["workload"] is None:
            yield "workload", "must not be blank where use is fit"
    if values["power_w_per_accelerator"] and values["tdp_w"]:
        stated = values["power_w_per_accelerator"] / values["tdp_w"]
        if abs(stated / values["ratio"] - 1) > _ROUNDING:
            yield "ratio", f"{values['ratio']:.10g} is not power_w_per_accelerator over tdp_w, {stated:.4g}"


def _no_rule(_: Values) -> Faults:
    yield from ()


_RULES: Mapping[str, Callable[[Values], Faults]] = {
    "accelerators.csv": _accelerator,
    "places.csv": _place,
    "grid_uncertainty.csv": _grid_uncertainty,
    "cloud_regions.csv": _cloud_region,
    "equivalents.csv": _equivalent,
    "model_runs.csv": _model_run,
    "claim_scenarios.csv": _claim_scenario,
    "power_evidence.csv": _power_evidence,
}
