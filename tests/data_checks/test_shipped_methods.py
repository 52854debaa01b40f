"""Every row of the constants of published methods."""

import pytest

from greentrain import load_catalogue
from greentrain.units import KG_PER_LB
from greentrain.validation.methods import METHODS, Constant, all_constants, constant, constants_of, settings_of

ROWS = all_constants()
UNITS = {
    "pue": "1", "fixed_pue": "1", "utilization": "1", "usage": "1", "cpu_cores": "1", "host_factor": "1",
    "counts_host": "1", "cpu_constant_share": "1", "cpu_idle_share": "1", "cpu_load_exponent": "1",
    "cpu_w_per_core": "W", "cpu_unknown_w": "W", "module_w": "W", "tdp_w": "W", "system_w": "W",
    "memory_gb": "GB", "memory_w_per_gb": "W/GB", "g_per_kwh": "g/kWh",
}  # fmt: skip


def kind_of(row: Constant) -> str:
    """Return the parameter without the device or place that it holds for."""
    return row.parameter.partition(":")[0]


def key_of(row: Constant) -> str:
    """Return the device or place that the parameter holds for."""
    return row.parameter.partition(":")[2]


def test_each_constant_is_listed_once() -> None:
    """A method has one value of a parameter in a setting."""
    keys = [(row.method, row.setting, row.parameter) for row in ROWS]
    assert len(keys) == len(set(keys))


def test_every_method_is_there_and_no_other() -> None:
    """The table and the code name the same methods."""
    assert {row.method for row in ROWS} == set(METHODS)


def test_every_parameter_has_its_unit() -> None:
    """One unit per parameter, spelled as in the other tables."""
    assert [row for row in ROWS if UNITS.get(kind_of(row)) != row.unit] == []


def test_values_are_in_range() -> None:
    """A PUE from 1 on, shares up to 1, an intensity that a grid can have; nothing below zero."""
    assert all(1 <= row.value < 2 for row in ROWS if kind_of(row) in ("pue", "fixed_pue", "host_factor"))
    assert all(0 < row.value <= 1 for row in ROWS if kind_of(row) in ("utilization", "usage", "cpu_idle_share"))
    assert all(0 < row.value <= 1000 for row in ROWS if kind_of(row) == "g_per_kwh")
    assert all(row.value >= 0 for row in ROWS)


def test_every_source_is_defined_and_every_row_says_how_far_it_is_verified() -> None:
    """No number without where it comes from."""
    sources = load_catalogue().sources
    assert {key for row in ROWS for key in row.source.split(";")} <= set(sources)
    assert {method.source for method in METHODS.values()} <= set(sources)
    assert {row.verified for row in ROWS} == {"yes", "partial", "assumed"}


def test_our_own_assumptions_say_so() -> None:
    """A constant that no source states has a note."""
    assert [row for row in ROWS if row.verified == "assumed" and not row.notes] == []


def test_devices_and_places_are_those_of_the_catalogue() -> None:
    """What a constant holds for can be found, a family of devices by its first word."""
    catalogue = load_catalogue()
    ids = {profile.id for profile in catalogue.hardware.accelerators}
    assert {key_of(row) for row in ROWS if kind_of(row) == "tdp_w"} <= ids
    families = {key_of(row) for row in ROWS if kind_of(row) == "system_w"}
    assert [name for name in families if not any(key == name or key.startswith(f"{name}-") for key in ids)] == []
    for place in {key_of(row) for row in ROWS if kind_of(row) == "g_per_kwh"}:
        assert catalogue.places.find(place).code == place


def test_a_setting_replaces_something() -> None:
    """Every value of a setting differs from the usual one, or has none."""
    usual = {(row.method, row.parameter): row.value for row in ROWS if not row.setting}
    assert [row for row in ROWS if row.setting and usual.get((row.method, row.parameter)) == row.value] == []


def test_a_setting_keeps_what_it_does_not_replace() -> None:
    """Versions 1 and 2 of Green Algorithms have another PUE and the same memory."""
    old = constants_of("lannelongue2021", "versions 1, 2")
    assert (old["pue"].value, old["memory_w_per_gb"].value) == (1.67, 0.3725)
    assert settings_of("lannelongue2021") == ("", "versions 1, 2", "64 GB", "64 GB, 4 cores")


@pytest.mark.parametrize(
    ("method", "parameter", "expected"),
    [
        ("strubell2019", "g_per_kwh:US", 0.954 * KG_PER_LB * 1000),
        ("strubell2019", "system_w:v100", 12_041.51 / 64),
        ("strubell2019", "system_w:p100", 1515.43 / 8),
        ("nameplate", "host_factor", 10_200 / 5600),
    ],
)
def test_derived_constants_follow_from_what_was_printed(method: str, parameter: str, expected: float) -> None:
    """0.954 lb per kWh; totals of a table over its GPUs; the rating of a server over that of its GPUs."""
    assert constant(method, parameter) == pytest.approx(expected, rel=1e-3)
