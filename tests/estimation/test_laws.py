"""Laws that every estimate obeys, on runs that hypothesis describes."""

import json
from math import exp
from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from strategies import GPUS, PLACES, described_runs, gpu_runs, measured_runs, positive

from greentrain import Estimate, Interval, estimate, load_catalogue
from greentrain.footprint import QUANTITIES
from greentrain.inputs import Inputs
from greentrain.inputs import given as given_input
from greentrain.interval import log_width, product_independent

CATALOGUE = load_catalogue()
SLACK = 1 + 1e-9
"""Rounding of floats, which a law about real numbers must forgive."""
EXTENSIVE = ("it_energy_kwh", "facility_energy_kwh", "embodied_kg")
"""Quantities whose whole interval grows with the run; in a longer one an annual grid mean hides less of the rest."""
FACTORS = ("power", "utilization", "host_factor", "pue", "grid_intensity")
EXACT_FACTORS = {"host_factor": 1.5, "pue": 1.2, "grid_intensity": 300.0}


def inputs_of(run: Estimate) -> dict[str, Interval]:
    """Give the inputs by name."""
    return {item.name: item.value for item in run.inputs}


def with_one_more(said: dict[str, Any], name: str, value: Any) -> dict[str, Any]:
    """Say one thing more, and leave out what it excludes."""
    excluded = {"power": "utilization", "utilization": "power"}.get(name)
    return {key: other for key, other in said.items() if key != excluded} | {name: value}


def assert_scaled(run: Estimate, more: Estimate, factor: float, names: tuple[str, ...]) -> None:
    """Check that whole intervals grow by a factor."""
    for name in names:
        expected = getattr(run, name).scaled(factor)
        assert tuple(getattr(more, name)) == pytest.approx(tuple(expected), rel=1e-9)


def assert_linear(said: dict[str, Any], name: str, factor: int) -> None:
    """Check that a run and one with one input multiplied differ by that factor."""
    run = estimate(**said)
    more = estimate(**(said | {name: said.get(name, 1) * factor}))
    assert_scaled(run, more, factor, EXTENSIVE)
    for quantity in QUANTITIES:
        assert getattr(more, quantity).best == pytest.approx(getattr(run, quantity).best * factor, rel=1e-9)
    if "grid_intensity" in said:
        assert_scaled(run, more, factor, ("operational_kg", "total_kg"))


@given(described_runs(), st.integers(2, 50))
def test_linear_in_hours(said: dict[str, Any], factor: int) -> None:
    """Twice as long takes twice as much."""
    assert_linear(said, "hours", factor)


@given(described_runs(), st.integers(2, 50))
def test_linear_in_runs(said: dict[str, Any], factor: int) -> None:
    """The second of two identical runs takes as much as the first."""
    assert_linear(said, "runs", factor)


@given(gpu_runs() | measured_runs(), st.integers(2, 50))
def test_linear_in_count(said: dict[str, Any], factor: int) -> None:
    """Twice the devices take twice as much, their hosts included."""
    assert_linear(said, "count", factor)


@given(gpu_runs() | measured_runs())
def test_count_times_hours_is_accelerator_hours(said: dict[str, Any]) -> None:
    """With the count given, either way to say how long gives the same result."""
    hours = said.pop("hours")
    one = estimate(**said, hours=hours)
    other = estimate(**said, gpu_hours=hours * said["count"])
    assert_scaled(one, other, 1, QUANTITIES)


@given(described_runs(), st.sampled_from(FACTORS), st.floats(0.01, 1), st.floats(0.01, 1))
def test_monotone_in_every_factor(said: dict[str, Any], name: str, one: float, other: float) -> None:
    """More of a factor never means less energy or emissions, at any of low, best and high."""
    has_gpu, names_host = "gpu" in said, "cpu_cores" in said
    assume(has_gpu if name == "power" else not (name == "host_factor" and names_host))
    below, above = sorted((one, other))
    values = {"power": 20, "utilization": 1, "host_factor": 3, "pue": 3, "grid_intensity": 1200}
    least = 1.0 if name in ("host_factor", "pue") else 0.0
    small, large = (
        estimate(**with_one_more(said, name, least + (values[name] - least) * share)) for share in (below, above)
    )
    for quantity in QUANTITIES:
        for less, more in zip(getattr(small, quantity), getattr(large, quantity), strict=True):
            assert less <= more * SLACK


@given(described_runs())
def test_pue_is_applied_exactly_once(said: dict[str, Any]) -> None:
    """Energy at the meter over energy of the computers is the PUE in the inputs, and the one that was given."""
    run = estimate(**said)
    pue = inputs_of(run)["pue"].best
    assert run.facility_energy_kwh.best == run.it_energy_kwh.best * pue
    assert pue == said.get("pue", pue)


@given(described_runs())
def test_the_breakdown_adds_up(said: dict[str, Any]) -> None:
    """To the energy at the meter and to the emissions, and no part is negative."""
    run = estimate(**said)
    assert sum(part.energy_kwh for part in run.breakdown) == pytest.approx(run.facility_energy_kwh.best, rel=1e-9)
    assert sum(part.operational_kg for part in run.breakdown) == pytest.approx(run.operational_kg.best, rel=1e-9)
    assert all(part.energy_kwh >= -1e-9 * run.facility_energy_kwh.best for part in run.breakdown)


@given(described_runs())
def test_low_best_high_stay_in_order(said: dict[str, Any]) -> None:
    """For all six quantities and all inputs, none of them negative."""
    run = estimate(**said)
    for low, best, high in [*(getattr(run, name) for name in QUANTITIES), *inputs_of(run).values()]:
        assert 0 <= low <= best <= high


def corner_it_energy(found: dict[str, Interval], side: int) -> float:
    """Work out the computers' energy from one side of every input. [kWh]"""
    energy = found["count"][side] * found["hours"][side] * found.get("runs", Interval(1, 1, 1))[side] / 1000
    power_w = 1.0
    for name in ("tdp", "accelerator_power", "utilization", "host_factor", "node_ratio"):
        power_w *= found[name][side] if name in found else 1
    if "host_power" in found:
        tdp = found.get("tdp", Interval(1, 1, 1))
        power_w += found["host_power"][side] * tdp[side] / tdp.best
    return energy * power_w


@given(gpu_runs() | measured_runs())
def test_results_lie_inside_the_corners_of_their_inputs(said: dict[str, Any]) -> None:
    """No result is wider than all of its inputs at their ends together."""
    run = estimate(**said)
    found = inputs_of(run)
    corners: dict[str, list[float]] = {name: [] for name in QUANTITIES}
    for side, other in ((0, 2), (1, 1), (2, 0)):
        energy = corner_it_energy(found, side)
        facility = energy * found["pue"][side]
        kg = facility * found["grid_intensity"][side] / 1000
        device_hours = found["count"][side] * found["hours"][side] * found.get("runs", Interval(1, 1, 1))[side]
        making = found["device_embodied"][side] + found["node_share_embodied"][side]
        making *= device_hours / (found["lifetime"][other] * found["share_of_life_in_use"][other])
        water = energy * (found["wue"][side] + found["pue"][side] * found["water_intensity"][side])
        for name, value in zip(QUANTITIES, (energy, facility, kg, making, kg + making, water), strict=True):
            corners[name].append(value)
    for name, (low, best, high) in corners.items():
        ours = getattr(run, name)
        assert ours.best == pytest.approx(best, rel=1e-9)
        assert low <= ours.low * SLACK
        assert ours.high <= high * SLACK


@given(measured_runs())
def test_exact_inputs_stay_exact(said: dict[str, Any]) -> None:
    """Measured power and three stated factors leave nothing uncertain but the making and the water."""
    run = estimate(**(said | EXACT_FACTORS))
    for name in ("it_energy_kwh", "facility_energy_kwh", "operational_kg"):
        low, best, high = getattr(run, name)
        assert low == best == high


def width(**said: Any) -> float:
    """Width of the operational interval in log units."""
    return log_width(estimate(**said).operational_kg)


@given(described_runs())
def test_saying_more_never_widens(said: dict[str, Any]) -> None:
    """Each factor given at the best value that would be taken otherwise narrows the interval or leaves it."""
    run = estimate(**said)
    for name, value in inputs_of(run).items():
        if name in ("utilization", "host_factor", "pue", "grid_intensity") and name not in said:
            assert width(**(said | {name: value.best})) <= log_width(run.operational_kg) * SLACK + 1e-12


@given(gpu_runs())
def test_no_energy_falls_where_a_server_is_full(said: dict[str, Any]) -> None:
    """An eighth accelerator, from which on the table of full servers holds, lowers neither end nor the best value."""
    assume(not {"utilization", "host_factor"} & said.keys())
    seven, eight = (estimate(**(said | {"count": count})) for count in (7, 8))
    assert all(less <= more * SLACK for less, more in zip(seven.it_energy_kwh, eight.it_energy_kwh, strict=True))


@given(gpu_runs(), st.floats(0.05, 1.0), st.floats(0.05, 1.0))
def test_the_host_does_not_idle_with_its_accelerators(said: dict[str, Any], one: float, other: float) -> None:
    """Host energy is the same at any utilization."""
    assume("host_factor" not in said)
    runs = [estimate(**(said | {"utilization": value})) for value in (one, other)]
    hosts = [run.it_energy_kwh.best - run.accelerators_kwh for run in runs]
    assert hosts[0] == pytest.approx(hosts[1], rel=1e-6, abs=1e-9)


@pytest.mark.parametrize("year", [None, 2010, 2015, 2020, 2024])
def test_naming_any_place_never_widens(year: int | None) -> None:
    """Every country, part of a country and cloud region, with the PUE given and not.

    Narrower in its ratio or, where water power leaves a few grams that are known as combustion alone, in kilograms.
    The world and the European Union are no places that are more exact than a data centre somewhere.
    """
    for pue in (None, 1.2):
        said = {"gpu": "h100-sxm", "hours": 1, "year": year, "pue": pue}
        nowhere = estimate(**said).operational_kg
        named = {code: estimate(**said, location=code).operational_kg for code in everywhere()}
        wider = [
            code
            for code, kg in named.items()
            if log_width(kg) > log_width(nowhere) * SLACK and kg.high - kg.low > nowhere.high - nowhere.low
        ]
        assert set(wider) <= {"WORLD", "EU27"}


@pytest.mark.slow
def test_naming_any_year_never_widens() -> None:
    """At every place, as far as the grid goes; the survey of PUE differs from year to year, so it is given here."""
    said = {"gpu": "h100-sxm", "hours": 1, "pue": 1.2}
    places = CATALOGUE.places
    own_grids = [code for code, region in places.regions.items() if region.own_value]
    for code in [*places.by_code, *own_grids]:  # any other region has the grid of its country
        unknown = width(**said, location=code) * SLACK
        assert [year for year in range(2009, 2026) if width(**said, location=code, year=year) > unknown] == []


@pytest.mark.parametrize("year", range(2009, 2026))
def test_naming_a_year_never_widens_an_unknown_place(year: int) -> None:
    """Without a place, the intensities of a year are no further apart than those of a year that is not known."""
    any_year, one_year = (
        inputs_of(estimate("h100-sxm", hours=1, year=when))["grid_intensity"] for when in (None, year)
    )
    assert log_width(one_year) <= log_width(any_year) * SLACK


def everywhere() -> list[str]:
    """Give every place and region."""
    return [*CATALOGUE.places.by_code, *CATALOGUE.places.regions]


@given(described_runs(), st.randoms(use_true_random=False))
def test_the_order_of_what_is_said_does_not_matter(said: dict[str, Any], shuffler: Any) -> None:
    """Keywords are a set."""
    items = list(said.items())
    shuffler.shuffle(items)
    assert estimate(**dict(items)).to_json() == estimate(**said).to_json()


@given(described_runs())
def test_the_same_words_give_the_same_result(said: dict[str, Any]) -> None:
    """No clock, no random numbers, no state: the caches change nothing."""
    assert estimate(**said).to_json() == estimate(**said).to_json()


@pytest.mark.parametrize("place", [*PLACES[:3], None])
def test_every_accelerator_estimates_and_round_trips(place: str | None) -> None:
    """Plain JSON without NaN or infinity, whose numbers are those of the object."""
    for gpu in GPUS:
        run = estimate(gpu, hours=1, location=place, year=2023)
        document = json.loads(run.to_json(), parse_constant=pytest.fail)
        assert document["run"]["gpu"] == gpu
        for name in QUANTITIES:
            assert document[name] == getattr(run, name)._asdict()


def test_every_place_and_region_estimates() -> None:
    """And says which intensity it took, positive and below that of burning the worst lignite."""
    for code in everywhere():
        run = estimate("h100-sxm", hours=1, location=code)
        assert run.run["location"] == code
        assert 0 < inputs_of(run)["grid_intensity"].best < 1400


def test_every_instance_type_estimates() -> None:
    """By its name alone, unless its accelerator has no power figure."""
    for instance in CATALOGUE.hardware.instances:
        power = None if CATALOGUE.hardware.accelerator(instance.accelerator).tdp_w else 100
        run = estimate(instance=instance.instance, hours=1, power=power)
        assert run.run["count"] == instance.accelerator_count


@given(positive(1, 1e6), st.floats(0, 2), st.floats(0, 2))
def test_drivers_rank_by_width(best: float, narrow: float, wide: float) -> None:
    """The share of an input is its squared width over that of all."""
    assume(wide > narrow > 1e-3)
    run = estimate("V100", hours=1, power=200, host_factor=1, pue=1.5, grid_intensity=400)
    values = [Interval(best * exp(-side), best, best) for side in (narrow, wide)]
    made = [given_input(name, best, "1")._replace(value=value) for name, value in zip("ab", values, strict=True)]
    found = run.footprint._replace(inputs=Inputs(made), operational_kg=product_independent(*values))
    shares = dict(found.drivers)
    total = narrow**2 + wide**2
    assert list(shares) == [made[1].name, made[0].name]
    assert list(shares.values()) == pytest.approx([wide**2 / total, narrow**2 / total], rel=1e-6)
