"""Published methods on their own worked examples, as a described job sees them, and on a published record."""

from collections.abc import Callable

import pytest

from greentrain import estimate, formulas, load_catalogue
from greentrain.validation import Reference
from greentrain.validation.methods import (
    METHODS,
    Job,
    MethodResult,
    anthony2020,
    codecarbon,
    codecarbon_cpu,
    codecarbon_memory,
    described_job,
    henderson2020,
    lacoste2019,
    lannelongue2021,
    nameplate,
    patterson2021,
    strubell2019,
    tdp_method,
)

HOURS = 96.0


@pytest.fixture
def v100_job() -> Job:
    """One V100 for 96 h in the United States at PUE 1.58."""
    job, _ = described_job(estimate("V100", hours=HOURS, location="US", pue=1.58))
    return job


def applied(name: str, job: Job, setting: str = "") -> MethodResult:
    """Apply a method that applies."""
    result = METHODS[name].apply(job, setting)
    assert result is not None
    return result


@pytest.mark.parametrize(
    ("watts", "pue", "g_per_kwh", "expected_kg"),
    [
        (300, 1, 370, 10.66),
        (250, 1, 370, 8.88),
        (300, 1, 432, 12.44),
        (300, 1, 570, 16.42),
        (300, 1, 740, 21.31),
    ],
)
def test_lacoste_on_one_v100(watts: float, pue: float, g_per_kwh: float, expected_kg: float) -> None:
    """What the calculator's own arithmetic gives for two rows of its table and four grids, to its 0.01 kg."""
    kwh = formulas.facility_energy_kwh(lacoste2019(HOURS, watts), pue)
    assert round(formulas.operational_kg(kwh, g_per_kwh), 2) == expected_kg


@pytest.mark.parametrize(
    ("tdp_w", "memory_gb", "cores", "pue", "g_per_kwh", "expected_kg"),
    [
        (300, 0, 0, 1.58, 423.94, 19.29),
        (300, 64, 0, 1.58, 423.94, 20.82),
        (300, 64, 4, 1.58, 423.94, 23.91),
        (250, 0, 0, 1.58, 400.20, 15.18),
    ],
)
def test_lannelongue_on_one_v100(
    tdp_w: float, memory_gb: float, cores: float, pue: float, g_per_kwh: float, expected_kg: float
) -> None:
    """300 W, 64 GB x 0.3725 = 23.84 W, 4 x 12 = 48 W: (300 + 23.84 + 48) x 96 h x 1.58 x 423.94 g = 23.91 kg."""
    kwh = lannelongue2021(HOURS, 1, tdp_w, memory_gb=memory_gb, cpu_cores=cores, pue=pue)
    assert round(formulas.operational_kg(kwh, g_per_kwh), 2) == expected_kg


def test_lannelongue_without_a_data_centre_takes_that_of_version_3() -> None:
    """100 h x 12 cores x 7.5 W x 0.5 + 10 GB x 0.3725 W: 48.725 W x 100 h x 1.56 = 7.6011 kWh."""
    assert lannelongue2021(100, 12, 7.5, usage=0.5, memory_gb=10) == pytest.approx(7.6011, rel=1e-12)


@pytest.mark.parametrize(
    ("mean_w", "g_per_kwh", "expected_kg"),
    [(150, 369.47, 8.41), (300, 369.47, 16.81), (150, 383.55, 8.73), (300, 383.55, 17.45), (300, 445, 20.25)],
)
def test_anthony_on_one_v100(mean_w: float, g_per_kwh: float, expected_kg: float) -> None:
    """Half and full TDP at PUE 1.58 on the grids of two releases, and on the world mean without a network."""
    assert round(formulas.operational_kg(anthony2020(HOURS, mean_w), g_per_kwh), 2) == expected_kg


@pytest.mark.parametrize(("g_per_kwh", "expected_kg"), [(325, 14.79), (250.7, 11.41)])
def test_henderson_on_one_v100(g_per_kwh: float, expected_kg: float) -> None:
    """300 W metered x 96 h x 1.58 = 45.504 kWh, in the zones US and California."""
    kwh = henderson2020(HOURS, 0, 0, 300)
    assert kwh == pytest.approx(45.504, rel=1e-12)
    assert round(formulas.operational_kg(kwh, g_per_kwh), 2) == expected_kg


@pytest.mark.parametrize(
    ("cpu_w", "memory_w", "pue", "expected_kg"), [(0, 0, 1.58, 16.81), (42.5, 20, 1.58, 20.31), (0, 0, None, 10.64)]
)
def test_codecarbon_on_one_v100(cpu_w: float, memory_w: float, pue: float | None, expected_kg: float) -> None:
    """The GPU alone; with 85 W x 50 % of CPU and 20 W of memory; and with the PUE of 1 that it has by default."""
    kwh = codecarbon(HOURS, 300, cpu_w, memory_w, pue=pue)
    assert round(formulas.operational_kg(kwh, 369.47), 2) == expected_kg


@pytest.mark.parametrize(
    ("hours", "gpus", "total_w", "printed_kwh", "printed_lb"),
    [(79.2, 64, 12_041.51, 1507, 1438), (12, 8, 1415.78, 27, 26), (336, 3, 517.66, 275, 262)],
)
def test_strubell_on_table_3(hours: float, gpus: float, total_w: float, printed_kwh: float, printed_lb: float) -> None:
    """BERT, Transformer base and ELMo come out to the printed kWh and lb; BERT at its 3.3 days, 79.2 h."""
    kwh = strubell2019(hours, 0, 0, gpus, total_w / gpus)
    assert round(kwh) == printed_kwh
    assert kwh * 0.954 == pytest.approx(printed_lb, abs=0.6)


def test_strubell_adds_cpu_and_memory_to_the_gpus() -> None:
    """1.58 x 10 h x (80 + 20 + 2 x 200) W = 7.9 kWh."""
    assert strubell2019(10, 80, 20, 2, 200) == pytest.approx(7.9, rel=1e-12)


@pytest.mark.parametrize(
    ("hours", "chips", "system_w", "pue", "printed_mwh"),
    [(355.2, 10_000, 330, 1.1, 1287), (480, 512, 310, 1.12, 85.7), (84, 8, 296, 1.59, 0.316)],
)
def test_patterson_on_its_own_runs(hours: float, chips: float, system_w: float, pue: float, printed_mwh: float) -> None:
    """GPT-3, T5 and Transformer big from the rounded inputs of the same table, within the rounding of those."""
    assert patterson2021(hours, chips, system_w, pue) / 1000 == pytest.approx(printed_mwh, rel=0.005)


def test_patterson_gpt3_emissions() -> None:
    """1,287 MWh x 429 g/kWh = 552.1 t."""
    assert formulas.operational_kg(1_287_000, 429) == pytest.approx(552_100, rel=1e-3)


def test_tdp_method_on_llama_7b() -> None:
    """82,432 h x 400 W x 1.1 = 36.27 MWh, printed 36; x 385 g = 13.96 t, printed 14."""
    kwh = tdp_method(82_432, 400)
    assert kwh == pytest.approx(36_270.08, rel=1e-12)
    assert round(formulas.operational_kg(kwh, 385) / 1000) == 14


def test_nameplate_of_eight_h100() -> None:
    """8 x 700 W x 1.82 = 10.19 kW, the 10.2 kW on the server's plate; x 1.14 for an hour is 11.62 kWh."""
    assert nameplate(1, 8, 700, pue=1) == pytest.approx(10.192, rel=1e-12)
    assert nameplate(1, 8, 700) == pytest.approx(11.61888, rel=1e-12)


@pytest.mark.parametrize(("load", "expected_w"), [(0, 10), (0.25, 11.40625), (0.5, 21.25), (1, 100)])
def test_codecarbon_cpu_is_cubic_in_load(load: float, expected_w: float) -> None:
    """100 W x (0.1 + 0.9 load^3): a quarter of the load takes 11.4 W."""
    assert codecarbon_cpu(100, load) == pytest.approx(expected_w, rel=1e-12)


@pytest.mark.parametrize(
    ("installed_gb", "expected_w"),
    [(1, 10), (8, 10), (16, 10), (32, 20), (64, 20), (128, 38), (200, 58), (256, 38), (1024, 38), (2048, 70)],
)
def test_codecarbon_memory_counts_modules(installed_gb: float, expected_w: float) -> None:
    """5 W per module: 200 GB are 13 of 16 GB, 4 + 0.9 x 4 + 0.8 x 5 = 11.6 of them; 2 TB are 16, 14 of them."""
    assert codecarbon_memory(installed_gb) == pytest.approx(expected_w, rel=1e-12)


AS_FUNCTIONS: dict[str, Callable[[], float]] = {
    "strubell2019": lambda: strubell2019(HOURS, 0, 0, 1, 188.15),
    "lacoste2019": lambda: lacoste2019(HOURS, 250),
    "henderson2020": lambda: henderson2020(HOURS, 0, 0, 300),
    "anthony2020": lambda: anthony2020(HOURS, 150),
    "lannelongue2021": lambda: lannelongue2021(HOURS, 1, 300, pue=1.58),
    "patterson2021": lambda: patterson2021(HOURS, 1, 325, 1.58),
    "tdp_method": lambda: tdp_method(HOURS, 300, pue=1.58),
    "nameplate": lambda: nameplate(HOURS, 1, 300, pue=1.58),
    "codecarbon": lambda: codecarbon(HOURS, 300, 42.5, codecarbon_memory(64), pue=1.58),
}


def test_a_method_on_a_described_job_is_its_function(v100_job: Job) -> None:
    """Every method gives a described job the energy that its function gives for the same numbers."""
    found = {name: applied(name, v100_job).kwh for name in METHODS}
    assert found == pytest.approx({name: function() for name, function in AS_FUNCTIONS.items()}, rel=1e-12)


@pytest.mark.parametrize("name", METHODS)
def test_energy_is_power_times_hours_times_pue(name: str, v100_job: Job) -> None:
    """The parts of a result agree with each other, and its factors multiply to it."""
    result = applied(name, v100_job)
    assert result.kwh == pytest.approx(result.power_w * HOURS / 1000 * result.factors.pue, rel=1e-12)
    assert result.kg == pytest.approx(result.kwh * result.g_per_kwh / 1000, rel=1e-12)
    assert result.factors.device_hours == HOURS
    assert result.factors.product / 1e6 == pytest.approx(result.kg, rel=1e-12)


@pytest.mark.parametrize("name", METHODS)
def test_twice_the_time_is_twice_the_energy(name: str, v100_job: Job) -> None:
    """Every method is linear in hours."""
    longer = v100_job._replace(hours=2 * HOURS)
    assert applied(name, longer).kwh == pytest.approx(2 * applied(name, v100_job).kwh, rel=1e-12)


@pytest.mark.parametrize("name", METHODS)
def test_eight_devices_are_eight_times_one_beside_the_same_host(name: str, v100_job: Job) -> None:
    """Every method is linear in devices, but for the one machine that codecarbon finds around up to eight."""
    eight, one = applied(name, v100_job._replace(processors=8)), applied(name, v100_job)
    host_w = 62.5 if name == "codecarbon" else 0
    assert eight.power_w - host_w == pytest.approx(8 * (one.power_w - host_w), rel=1e-12)


PUE_WITHOUT_A_WORD = {
    "strubell2019": 1.58, "lacoste2019": 1.0, "henderson2020": 1.58, "anthony2020": 1.58, "lannelongue2021": 1.56,
    "patterson2021": 1.1, "tdp_method": 1.1, "nameplate": 1.14, "codecarbon": 1.0,
}  # fmt: skip


def test_each_method_has_its_own_pue(v100_job: Job) -> None:
    """By default."""
    found = {name: applied(name, v100_job._replace(pue=None)).factors.pue for name in METHODS}
    assert found == PUE_WITHOUT_A_WORD


def test_three_methods_do_not_ask_for_a_pue(v100_job: Job) -> None:
    """Strubell and carbontracker charge everybody 1.58, ML CO2 Impact none; the others take what the user states."""
    found = {name: applied(name, v100_job._replace(pue=1.25)).factors.pue for name in METHODS}
    fixed = {"strubell2019": 1.58, "lacoste2019": 1.0, "anthony2020": 1.58}
    assert found == {name: fixed.get(name, 1.25) for name in METHODS}


def test_a_given_intensity_holds_for_every_method(v100_job: Job) -> None:
    """The user's grid replaces that of every method, without a note."""
    job = v100_job._replace(g_per_kwh=50.0, grid_is_given=True)
    assert {applied(name, job).g_per_kwh for name in METHODS} == {50.0}
    assert applied("nameplate", job).notes == ()


def test_a_place_that_a_method_is_not_known_for_takes_our_grid(v100_job: Job) -> None:
    """Its notes state so."""
    result = applied("lannelongue2021", v100_job._replace(place="FR", g_per_kwh=41.2))
    assert result.g_per_kwh == 41.2
    assert result.notes == ("no grid value of its own is known here for this place; ours is used",)


def test_a_measured_mean_replaces_what_meters_would_read(v100_job: Job) -> None:
    """Methods that read a meter take 240 W, methods of ratings keep theirs, and no substitute is noted."""
    job = v100_job._replace(measured_w=240.0)
    metered = {"strubell2019", "henderson2020", "anthony2020", "patterson2021", "codecarbon"}
    found = {name: applied(name, job).factors for name in METHODS}
    assert {name for name, factors in found.items() if factors.utilization == 0.8} == metered
    assert applied("henderson2020", job).notes == ()


@pytest.mark.parametrize(
    ("gpu", "expected_w"), [("V100", 325), ("p100-sxm2", 296), ("tpu-v2", 221), ("tpu-v3", 283), ("H100", None)]
)
def test_patterson_without_a_measurement_knows_four_chips(gpu: str, expected_w: float | None) -> None:
    """Any other device has no result."""
    job, _ = described_job(estimate(gpu, hours=1, location="US"))
    result = METHODS["patterson2021"].apply(job)
    assert (result.power_w if result else None) == expected_w


def test_a_device_without_a_rating_is_rated_at_its_measured_mean() -> None:
    """Where no source states a TDP, 180 W measured is all that there is to multiply."""
    catalogue = load_catalogue()
    gpu = next(profile.id for profile in catalogue.hardware.accelerators if profile.tdp_w is None)
    job, factors = described_job(estimate(gpu, hours=1, power=180, location="US"))
    assert (job.rated_w, factors.device_w, factors.utilization) == (pytest.approx(180), pytest.approx(180), 1)
    record = RECORD._replace(accelerator=gpu, energy_boundary="node")
    assert {method.energy_kwh(record, catalogue) for method in METHODS.values()} == {None}


def test_a_job_on_cpus_alone_is_one_of_three_tools_models() -> None:
    """32 of 64 cores of 280 W: ML CO2 Impact 140 W, carbontracker half, Green Algorithms with 100 x 0.3725 W."""
    job, _ = described_job(estimate(cpu="AMD EPYC 7763", cpu_cores=32, memory_gb=100, hours=10, location="US"))
    found = {name: method.apply(job) for name, method in METHODS.items()}
    power_w = {name: result.power_w for name, result in found.items() if result and name != "codecarbon"}
    assert power_w == pytest.approx({"lacoste2019": 140, "anthony2020": 70, "lannelongue2021": 177.25}, rel=1e-12)


def test_codecarbon_of_a_job_on_cpus_alone() -> None:
    """Half load of 140 W by the cubic model, 140 x (0.1 + 0.9 / 8) = 29.75 W, and 38 W for 100 GB."""
    job, _ = described_job(
        estimate(cpu="AMD EPYC 7763", cpu_cores=32, memory_gb=100, hours=10, location="US", utilization=0.5)
    )
    assert applied("codecarbon", job).power_w == pytest.approx(29.75 + 38, rel=1e-12)


def test_a_host_in_parts_is_counted_by_the_methods_that_count_one() -> None:
    """Cores of an EPYC 7763 at 4.375 W: Green Algorithms adds 64 x 4.375 + 256 x 0.3725 = 375.36 W to 4 x 300."""
    job, _ = described_job(
        estimate("V100", count=4, cpu="AMD EPYC 7763", cpu_cores=64, memory_gb=256, hours=10, location="US")
    )
    assert applied("lannelongue2021", job).power_w == pytest.approx(1575.36, rel=1e-12)
    assert applied("tdp_method", job).power_w == 1200
    assert METHODS["lannelongue2021"].apply(job, "64 GB") is None


RECORD = Reference(id="record", accelerator="V100", accelerator_count=4, wall_hours=6, published_energy_kwh=3.1)


@pytest.mark.parametrize(
    ("boundary", "pue", "expected_kwh"),
    [
        ("accelerator", None, {"lannelongue2021": 7.2, "nameplate": 7.2, "anthony2020": 3.6}),
        ("node", None, {"lannelongue2021": 7.2, "nameplate": 13.104, "strubell2019": 4.5156, "patterson2021": 7.8}),
        ("facility", 1.1, {"lannelongue2021": 7.92, "nameplate": 14.4144, "lacoste2019": 6.6, "patterson2021": 8.58}),
        ("facility", None, {"lannelongue2021": 11.232, "tdp_method": 7.92, "lacoste2019": 6.0}),
    ],
)
def test_a_record_is_met_at_its_own_boundary(boundary: str, pue: float | None, expected_kwh: dict[str, float]) -> None:
    """4 V100 x 6 h: 24 h x 300 W = 7.2 kWh alone, x 1.82 with the nameplate's host, x PUE, the record's if any."""
    record = RECORD._replace(energy_boundary=boundary, pue=pue)
    catalogue = load_catalogue()
    found = {name: METHODS[name].energy_kwh(record, catalogue) for name in expected_kwh}
    assert found == pytest.approx(expected_kwh, rel=1e-12)


@pytest.mark.parametrize("name", ["strubell2019", "patterson2021"])
def test_a_mean_of_the_whole_system_says_nothing_of_the_accelerators_alone(name: str) -> None:
    """Their watts hold the host."""
    assert METHODS[name].energy_kwh(RECORD._replace(energy_boundary="accelerator"), load_catalogue()) is None


@pytest.mark.parametrize("name", ["henderson2020", "codecarbon"])
def test_a_meter_says_nothing_of_a_record(name: str) -> None:
    """Reading off the measured figure would be no estimate."""
    record = RECORD._replace(energy_boundary="node", power_basis="measured", power_w_per_accelerator=129.0)
    assert METHODS[name].energy_kwh(record, load_catalogue()) is None


def test_what_was_measured_of_a_record_is_not_read() -> None:
    """The measured watts of a record change no method's energy."""
    record, catalogue = RECORD._replace(energy_boundary="node"), load_catalogue()
    measured = record._replace(power_basis="measured", power_w_per_accelerator=129.0)
    for method in METHODS.values():
        assert method(measured, catalogue) == method(record, catalogue)


@pytest.mark.parametrize("change", [{"accelerator": "GPU"}, {"accelerator": ""}, {"wall_hours": None}])
def test_a_record_without_hardware_or_hours_has_no_energy(change: dict[str, object]) -> None:
    """Nothing is guessed."""
    record, catalogue = RECORD._replace(energy_boundary="node", **change), load_catalogue()  # type: ignore[arg-type]
    assert {method.energy_kwh(record, catalogue) for method in METHODS.values()} == {None}


def test_two_tpu_cores_are_one_chip() -> None:
    """16 cores of TPU v3 for 10 h are 80 chip-hours at 283 W: 22.64 kWh."""
    record = RECORD._replace(accelerator="TPUv3 (cores)", accelerator_count=16, wall_hours=10, energy_boundary="node")
    assert METHODS["patterson2021"].energy_kwh(record, load_catalogue()) == pytest.approx(22.64, rel=1e-12)


def test_a_method_tells_which_records_its_constants_come_from() -> None:
    """Patterson's watts are those of Patterson's runs; ML CO2 Impact took them over for TPUs, not for GPUs."""
    catalogue = load_catalogue()
    v100, tpu = (RECORD._replace(accelerator=name, source="patterson_2021") for name in ("V100", "TPUv3"))
    taken = {name for name, method in METHODS.items() if method.takes_from(v100, catalogue)}
    taken_for_tpu = {name for name, method in METHODS.items() if method.takes_from(tpu, catalogue)}
    assert (taken, taken_for_tpu) == ({"patterson2021"}, {"patterson2021", "lacoste2019"})


def test_methods_show_what_they_are() -> None:
    """The name, and in short what it does."""
    assert repr(METHODS["lacoste2019"]) == "<Method lacoste2019: ML CO2 Impact: TDP x hours, no PUE>"
