"""One result: PUE, carbon intensity and water applied to an energy, and the terms of its doubt."""

from math import exp, log, sqrt
from typing import Any

import pytest
from hypothesis import assume, strategies
from hypothesis import given as law
from strategies import described_runs, positive

from greentrain import Estimate, Footprint, Input, InputError, Interval, estimate, total
from greentrain.footprint import QUANTITIES, UNKNOWN, Factor, Grid, Part, SiteFactors, footprint
from greentrain.inputs import IT_ENERGY, Inputs, given
from greentrain.interval import Z_90, exact

ENERGY = Interval(8.0, 10.0, 13.0)
METER = Input(IT_ENERGY, ENERGY, "kWh", "measured", "measurement", key="meter:measured")
PUE = given("pue", 1.2, "1")
GRID = Input(
    "grid_intensity", Interval(320.0, 400.0, 500.0), "g/kWh", "published", "ember", key="grid:PL", own_share=0.25,
    year=2024, accounting="life-cycle",
)  # fmt: skip
WUE, WATER = given("wue", 0.5, "L/kWh", 0.0), given("water_intensity", 2.0, "L/kWh", 0.0)
SITE = SiteFactors(PUE, GRID, WUE, WATER)
EMBODIED = Interval(0.5, 1.0, 2.0)
DEVICE = Input("device_embodied", EMBODIED, "kg", "default", "judgement", "", 0.0, "making:V100")


def made(energy: Interval | None = ENERGY, site: SiteFactors = SITE, **more: Any) -> Footprint:
    """Make a footprint of 10 kWh, of which the accelerators drew 7, measured."""
    inputs = (METER._replace(value=energy),) if energy is not None else ()
    arguments: dict[str, Any] = {"embodied_kg": EMBODIED, "basis": "measured"}
    return footprint(energy, 7.0, site, inputs=(*inputs, *site.of_energy, *site.of_water, DEVICE), **(arguments | more))


def close(interval: Interval | None, *ends: float) -> None:
    """Compare an interval with its low, best and high."""
    assert interval is not None
    assert tuple(interval) == pytest.approx(ends, rel=1e-6)


def test_an_exact_pue_keeps_the_relative_width() -> None:
    """1.2 x 10 kWh (8 to 13) are 12 kWh (9.6 to 15.6)."""
    close(made().facility_energy_kwh, 9.6, 12.0, 15.6)
    assert made().it_energy_kwh == ENERGY


def test_emissions_combine_the_widths_of_energy_and_grid() -> None:
    """12 kWh at 400 g/kWh are 4.8 kg.

    Downward both are a factor of 1.25 wide: e^(sqrt 2 x ln 1.25) = 1.371044, so 3.500980 kg. Upward ln 1.3 = 0.262364
    and ln 1.25 = 0.223144 have a root sum of squares of 0.344424, a factor of 1.411177: 6.773649 kg.
    """
    close(made().operational_kg, 3.500980, 4.8, 6.773649)


def test_total_adds_embodied_emissions_as_independent() -> None:
    """4.8 and 1 kg are 5.8; 1.299020 and 0.5 below make 1.391924, 1.973649 and 1 above make 2.212531."""
    close(made().embodied_kg, 0.5, 1.0, 2.0)
    close(made().total_kg, 5.8 - 1.391924, 5.8, 5.8 + 2.212531)


def test_water_is_of_the_site_and_of_the_power_stations() -> None:
    """10 kWh x (0.5 + 1.2 x 2) L/kWh are 29 L (23.2 to 37.7), as wide as the energy."""
    close(made().water_l, 23.2, 29.0, 37.7)


def test_the_breakdown_adds_up_to_the_facility() -> None:
    """7 kWh of accelerators, 3 of the host and 2 of the facility, at 0.4 kg/kWh each."""
    parts = made().breakdown
    assert [part.component for part in parts] == ["accelerators", "host", "facility"]
    assert [part.energy_kwh for part in parts] == pytest.approx([7.0, 3.0, 2.0])
    assert [part.operational_kg for part in parts] == pytest.approx([2.8, 1.2, 0.8])


def test_the_scope_is_the_facility_only_with_a_pue() -> None:
    """Without one the headline covers the node."""
    assert made().scope == "facility"
    assert made(site=SiteFactors(None, GRID, WUE, WATER)).scope == "node"


@pytest.mark.parametrize("site", [SiteFactors(None, None), SiteFactors(None, GRID, WUE, WATER)])
def test_without_a_pue_the_computers_alone_are_known(site: SiteFactors) -> None:
    """Neither emissions nor water follow; what the hardware was made of stands."""
    found = made(site=site)
    assert (found.it_energy_kwh, found.embodied_kg) == (ENERGY, EMBODIED)
    assert (found.facility_energy_kwh, found.operational_kg, found.total_kg, found.water_l) == (None,) * 4
    assert found.breakdown == ()


def test_without_a_grid_there_are_no_emissions() -> None:
    """Energy and water are known all the same, and no component emits."""
    found = made(site=SiteFactors(PUE, None, WUE, WATER))
    close(found.facility_energy_kwh, 9.6, 12.0, 15.6)
    close(found.water_l, 23.2, 29.0, 37.7)
    assert (found.operational_kg, found.total_kg, found.grid) == (None, None, None)
    assert [part.operational_kg for part in found.breakdown] == [0.0, 0.0, 0.0]


@pytest.mark.parametrize("missing", ["wue", "water_intensity"])
def test_without_a_figure_of_water_there_is_none(missing: str) -> None:
    """Half of the water is not water."""
    found = made(site=SITE._replace(**{missing: None}))
    assert found.water_l is None
    close(found.facility_energy_kwh, 9.6, 12.0, 15.6)


def test_without_embodied_emissions_there_is_no_total() -> None:
    """A total without them would look like one with them."""
    found = made(embodied_kg=None)
    close(found.operational_kg, 3.500980, 4.8, 6.773649)
    assert (found.embodied_kg, found.total_kg) == (None, None)


def test_no_energy_is_exact() -> None:
    """Nothing was drawn, so nothing was emitted, whatever the grid; the hardware was made."""
    found = footprint(exact(0.0), 0.0, SITE, embodied_kg=EMBODIED, inputs=SITE.of_energy, basis="measured")
    for name in ("it_energy_kwh", "facility_energy_kwh", "operational_kg", "water_l"):
        assert getattr(found, name) == exact(0.0), name
        assert found.factors(name) == ()
    assert found.total_kg == EMBODIED
    assert found.drivers == ()
    assert [part.energy_kwh for part in found.breakdown] == [0.0, 0.0, 0.0]


def test_an_unknown_energy_leaves_all_that_follows_unknown() -> None:
    """Unknown is not zero."""
    found = made(None, basis="estimated")
    for name in ("it_energy_kwh", "facility_energy_kwh", "operational_kg", "total_kg", "water_l"):
        assert getattr(found, name) is None, name
        assert found.factors(name) == ()
    assert (found.breakdown, found.scope) == ((), "node")
    assert repr(found) == "<Footprint energy not known, estimated>"


def test_the_unknown_footprint_knows_nothing() -> None:
    """That of a run that left no record."""
    assert [getattr(UNKNOWN, name) for name in QUANTITIES] == [None] * 6
    assert (len(UNKNOWN.inputs), UNKNOWN.grid, UNKNOWN.drivers, UNKNOWN.defaults) == (0, None, (), ())


def test_the_grid_has_its_year_and_what_it_counts() -> None:
    """Taken from the input."""
    assert made().grid == Grid(Interval(320.0, 400.0, 500.0), 2024, "life-cycle", "published", "ember")


def test_defaults_are_what_nobody_gave_measured_or_published() -> None:
    """In the order of the inputs."""
    assert made().defaults == (DEVICE,)
    weak = PUE._replace(basis="assumed")
    assert made(site=SITE._replace(pue=weak)).defaults == (weak, DEVICE)


def test_inputs_are_found_by_name() -> None:
    """Each number with its basis and source."""
    inputs = made().inputs
    assert [item.name for item in inputs] == [
        "it_energy", "pue", "grid_intensity", "wue", "water_intensity", "device_embodied",
    ]  # fmt: skip
    assert inputs["pue"] == PUE
    assert inputs["it_energy"].basis == "measured"


def test_drivers_are_shares_of_the_variance_largest_first() -> None:
    """Log widths from low to high: 0.485508 of the energy and 0.446287 of the grid; their squares as shares of one."""
    assert [name for name, _ in made().drivers] == ["it_energy", "grid_intensity"]
    shares = [share for _, share in made().drivers]
    # The grid's is kept in two terms, one shared and one its own.
    assert sum(shares) == pytest.approx(1)
    energy, grid = log(13 / 8) ** 2, log(500 / 320) ** 2
    assert shares == pytest.approx([energy / (energy + grid), grid / (energy + grid)])


def test_the_terms_of_the_emissions() -> None:
    """The meter's, shared with other runs by its key; three quarters of the grid's shared and a quarter its own."""
    meter_below, meter_above, grid = ((log(ratio) / Z_90) ** 2 for ratio in (10 / 8, 13 / 10, 500 / 400))
    wanted = [
        Factor("it_energy", "meter:measured", meter_below, meter_above),
        Factor("grid_intensity", "grid:PL", 0.75 * grid, 0.75 * grid),
        Factor("grid_intensity", "", 0.25 * grid, 0.25 * grid),
    ]
    for found, expected in zip(made().factors("operational_kg"), wanted, strict=True):
        assert (found.name, found.key) == (expected.name, expected.key)
        assert (found.below, found.above) == pytest.approx((expected.below, expected.above))


@pytest.mark.parametrize(
    ("quantity", "names"),
    [
        ("it_energy_kwh", {"it_energy"}), ("facility_energy_kwh", {"it_energy", "pue"}),
        ("operational_kg", {"it_energy", "pue", "grid_intensity"}), ("embodied_kg", {"device_embodied"}),
        ("total_kg", {"it_energy", "pue", "grid_intensity", "device_embodied"}),
        ("water_l", {"it_energy", "pue", "water_intensity"}),
    ],
)  # fmt: skip
def test_each_quantity_has_the_terms_that_it_follows_from(quantity: str, names: set[str]) -> None:
    """Of what is uncertain: here the water on site is exact."""
    pue = Input("pue", Interval(1.1, 1.2, 1.4), "1", "default", "survey", key="pue:industry:")
    water = WATER._replace(value=Interval(1.0, 2.0, 3.0))
    found = made(site=SiteFactors(pue, GRID, WUE, water))
    assert {factor.name for factor in found.factors(quantity)} == names


def test_what_no_input_explains_is_the_runs_own() -> None:
    """An energy whose inputs are all exact."""
    found = footprint(ENERGY, 7.0, SITE, embodied_kg=None, inputs=(PUE,), basis="measured")
    (factor,) = found.factors("it_energy_kwh")
    assert (factor.name, factor.key) == ("other", "")
    assert (factor.below, factor.above) == pytest.approx(((log(10 / 8) / Z_90) ** 2, (log(1.3) / Z_90) ** 2))


def test_one_side_may_be_exact() -> None:
    """A meter that reads too little at most: upward only."""
    found = made(Interval(10.0, 10.0, 13.0), SITE._replace(grid_intensity=given("grid_intensity", 400.0, "g/kWh")))
    (factor,) = found.factors("operational_kg")
    assert (factor.below, factor.above) == pytest.approx((0.0, (log(1.3) / Z_90) ** 2))
    assert found.drivers == (("it_energy", 1.0),)


def test_it_is_shown_in_one_line() -> None:
    """Energy, emissions, their interval and how they are known."""
    assert repr(made()) == "<Footprint 12 kWh, 4.8 kg CO2e (90 % interval 3.501 to 6.774), measured>"
    assert repr(made(site=SiteFactors(None, None))) == "<Footprint 10 kWh before PUE, measured>"


def test_plain_data_has_every_field() -> None:
    """Not known is null."""
    found = made(embodied_kg=None, notes=("A note.",)).to_dict()
    assert list(found) == ["kind", *QUANTITIES, "basis", "scope", "breakdown", "inputs", "drivers", "notes", "warnings"]
    assert (found["kind"], found["basis"], found["scope"], found["notes"]) == (
        "footprint", "measured", "facility", ["A note."],
    )  # fmt: skip
    assert found["it_energy_kwh"] == {"low": 8.0, "best": 10.0, "high": 13.0}
    assert found["embodied_kg"] is None
    assert [item["name"] for item in found["drivers"]] == ["it_energy", "grid_intensity"]
    assert sum(item["share_of_variance"] for item in found["drivers"]) == pytest.approx(1)


def _sized() -> strategies.SearchStrategy[dict[str, Any]]:
    """Runs whose hours follow from the model's size."""
    sizes = {"params": positive(1e8, 1e11), "tokens": positive(1e9, 1e12)}
    return strategies.fixed_dictionaries(
        {
            "gpu": strategies.sampled_from(["V100", "A100", "H100-SXM5-80GB"]),
            "count": strategies.integers(1, 512),
            **sizes,
        },
        optional={"mfu": positive(0.1, 0.7), "location": strategies.sampled_from(["FR", "PL", "US-CA"])},
    )


def _told() -> strategies.SearchStrategy[dict[str, Any]]:
    """Instance types, accelerator-hours alone, and runs of which everything is given."""
    instance = strategies.fixed_dictionaries(
        {"instance": strategies.sampled_from(["p3.2xlarge", "p4d.24xlarge"]), "hours": positive(0.1, 1000)},
        optional={"location": strategies.sampled_from(["aws:us-east-1", "US"])},
    )
    hours = strategies.fixed_dictionaries({"gpu": strategies.just("A100"), "gpu_hours": positive(1, 1e6)})
    everything = strategies.fixed_dictionaries({
        "gpu": strategies.just("V100"), "hours": positive(1, 100), "power": positive(50, 300),
        "host_factor": positive(1, 2), "pue": positive(1, 2), "grid_intensity": positive(1, 1000),
    })  # fmt: skip
    return strategies.one_of(instance, hours, everything)


def every_estimate() -> strategies.SearchStrategy[Estimate]:
    """Estimates of every kind of run."""
    return strategies.one_of(described_runs(), _sized(), _told()).map(_estimated)


def _estimated(arguments: dict[str, Any]) -> Estimate:
    try:
        return estimate(**arguments)
    except InputError:
        assume(False)
        raise


def _assert_adds_up(found: Footprint, quantity: str) -> None:
    """The ends follow from the sums of the terms' variances."""
    interval = getattr(found, quantity)
    factors = found.factors(quantity)
    down, up = (sqrt(sum(getattr(factor, side) for factor in factors)) for side in ("below", "above"))
    low, best, high = interval
    assert (best * exp(-Z_90 * down), best * exp(Z_90 * up)) == pytest.approx((low, high), rel=1e-9)
    assert all(factor.below >= 0 and factor.above >= 0 for factor in factors)


@law(every_estimate())
def test_variances_add_up_to_the_quantity(found: Estimate) -> None:
    """Of every quantity of every kind of run."""
    for quantity in QUANTITIES:
        _assert_adds_up(found.footprint, quantity)


@law(strategies.lists(every_estimate(), min_size=2, max_size=3))
def test_variances_of_a_total_add_up_to_its_quantities(found: list[Estimate]) -> None:
    """Of a sum as of a run."""
    for quantity in QUANTITIES:
        _assert_adds_up(total(found), quantity)


@law(every_estimate())
def test_shares_of_the_drivers_add_up_to_one(found: Estimate) -> None:
    """Unless everything is exact; each uncertain input once, the largest first."""
    drivers = found.drivers
    assert found.operational_kg.is_exact == (not drivers)
    if drivers:
        assert sum(share for _, share in drivers) == pytest.approx(1)
    assert len({name for name, _ in drivers}) == len(drivers)
    assert [share for _, share in drivers] == sorted((share for _, share in drivers), reverse=True)


@law(every_estimate())
def test_a_product_has_the_variances_of_its_inputs(found: Estimate) -> None:
    """Emissions of full servers, or with a host factor, are a product: each term is what its own input states."""
    assume(not {"cpu_load", "mfu", "host_power"} & {*(item.name for item in found.inputs)})
    terms: dict[str, list[float]] = {}
    for factor in found.footprint.factors("operational_kg"):
        pair = terms.setdefault(factor.name, [0.0, 0.0])
        pair[0] += factor.below
        pair[1] += factor.above
    for name, pair in terms.items():
        low, best, high = found.inputs[name].value
        assert pair == pytest.approx([(log(best / low) / Z_90) ** 2, (log(high / best) / Z_90) ** 2], abs=1e-12)


@law(every_estimate())
def test_pue_and_grid_are_applied_once(found: Estimate) -> None:
    """Best values: facility = IT x PUE, emissions = facility x intensity, and the parts add up to both."""
    pue, grid = found.inputs["pue"].value.best, found.inputs["grid_intensity"].value.best
    kwh, kg = found.facility_energy_kwh.best, found.operational_kg.best
    assert kwh == pytest.approx(found.it_energy_kwh.best * pue)
    assert kg == pytest.approx(kwh * grid / 1000)
    assert sum(part.energy_kwh for part in found.breakdown) == pytest.approx(kwh)
    assert sum(part.operational_kg for part in found.breakdown) == pytest.approx(kg)
    assert isinstance(found.inputs, Inputs)
    assert all(isinstance(part, Part) for part in found.breakdown)
