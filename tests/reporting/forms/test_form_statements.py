"""What every form says of its numbers: boundary, runs, factor, interval, versions."""

import re
from pathlib import Path

import pytest
from form_examples import GRID, MADE_AT, exact, nothing, one_run, project, sized, with_footprint

from greentrain import Contradiction, InputError, Interval, estimate, report, validate
from greentrain.inputs import Inputs
from greentrain.reporting import report_data_of, scope_statements
from greentrain.reporting.forms import FORMS
from greentrain.reporting.scope_statements import (
    accelerator_hours,
    boundary_text,
    factor_sources,
    factor_text,
    grids,
    hardware_of,
    runs_text,
    span_text,
    total_tokens,
    versions_text,
    wall_clock_hours,
)

OURS = ("latex", "model-card", "gpai", "ghg", "sci", "cyclonedx", "spdx", "boamps", "codecarbon")


def test_boundary() -> None:
    """Which equipment, and the PUE that was applied."""
    facility = "the whole facility, that is computers (accelerators and host) with cooling and power supply"
    assert boundary_text(project()) == f"{facility}; IT energy times a PUE of 1.25"
    alone = with_footprint(project()._replace(lines=()), scope="accelerator")
    assert boundary_text(alone) == "the accelerators alone, without their host"
    processors = report_data_of(estimate(cpu_cores=8, hours=1, location="FR", year=2024, pue=1.25))
    computers = facility.replace(" (accelerators and host)", "")
    assert boundary_text(processors) == f"{computers}; IT energy times a PUE of 1.25"


def test_boundary_says_what_was_not_measured() -> None:
    """Of one run, and of how many runs of a project; one of unknown energy does not count."""
    line = one_run().lines[0]._replace(unmeasured=("CPU", "memory"))
    words = boundary_text(one_run()._replace(lines=(line,)))
    assert words.endswith("; IT energy times a PUE of 1.25; not measured and not in the figures: CPU, memory")
    _, second, unknown = project().lines
    lines = (line, second._replace(unmeasured=("CPU",)), unknown._replace(unmeasured=("CPU",)))
    words = boundary_text(project()._replace(lines=lines))
    assert words.endswith("; not measured and not in the figures: CPU of 2 runs, memory of 1 run")
    card = report(project()._replace(lines=lines), "model-card")
    assert ", whole facility without CPU and memory (not measured), 90 % interval" in card


def test_runs() -> None:
    """One described run, identical ones, a tracked one, a project with its failed runs."""
    assert runs_text(exact()) == "one training run as described; failed and preliminary runs are not included"
    assert runs_text(sized()) == "2 identical training runs; failed and preliminary runs are not included"
    assert runs_text(one_run()) == "one run (completed); other runs of its project are not included"
    again = one_run()._replace(lines=(one_run().lines[0]._replace(starts=3),))
    words = "one run (completed, started 3 times, each of them included); other runs of its project are not included"
    assert runs_text(again) == words
    assert "; 1 of them started more than once, each time included" in runs_text(again._replace(kind="project"))
    expected = (
        "3 runs of the project: 1 completed, 1 failed, 1 killed; those that did not complete took 29 % of the energy; "
        "1 of unknown energy is not in the sums"
    )
    assert runs_text(project()) == expected
    words = "; the record of 1 further run cannot be read"
    assert runs_text(project()._replace(unreadable=1)) == expected + words
    words = "; the records of 2 further runs cannot be read"
    assert runs_text(project()._replace(unreadable=2)) == expected + words


def test_factor() -> None:
    """Value, place, year and basis; more than three are summed up."""
    assert factor_text(project()) == "400 g CO2e/kWh (FR, 2025; life-cycle, location-based)"
    assert factor_sources(project()) == "Ember, Yearly Electricity Data"
    assert factor_text(exact()) == "400 g CO2e/kWh (as given by the user; accounting not stated, location-based)"
    line = project().lines[0]
    many = project()._replace(lines=tuple(line._replace(location=place) for place in ("FR", "DE", "PL", "SE")))
    assert factor_text(many) == "4 location-based factors from 400 to 400 g CO2e/kWh"


def test_a_factor_that_differs_in_its_interval_alone_is_one() -> None:
    """The interval depends on the run's length; the widest stands for all."""
    first, second, _ = project().lines
    inputs = Inputs((second.footprint.inputs["pue"], GRID._replace(value=Interval(300.0, 400.0, 440.0))))
    wider = second._replace(footprint=second.footprint._replace(inputs=inputs))
    found = project()._replace(lines=(first, wider))
    assert factor_text(found) == "400 g CO2e/kWh (FR, 2025; life-cycle, location-based)"
    ((place, grid),) = grids(found)
    assert (place, grid.g_per_kwh) == ("FR", Interval(300.0, 400.0, 480.0))


def test_hardware_hours_and_versions() -> None:
    """Sums over the lines; hardware once."""
    assert hardware_of(project()) == "8 x Tesla V100-SXM2-16GB"
    assert (wall_clock_hours(project()), accelerator_hours(project())) == (16, 128)
    assert versions_text(project()) == "greentrain 1.2.3, data 2026.11, codecarbon 3.3.2"
    assert span_text(exact().operational_kg, "1", "2") == "exact inputs, no interval"
    assert total_tokens(sized()) == 4e10
    assert total_tokens(exact()) is None


def test_unknown_hours_are_not_zero() -> None:
    """One line of unknown duration makes the sum unknown."""
    lines = (project().lines[0], project().lines[1]._replace(hours=None, accelerator_hours=None))
    found = project()._replace(lines=lines)
    assert (wall_clock_hours(found), accelerator_hours(found)) == (None, 80)


@pytest.mark.parametrize("form", OURS)
def test_no_form_states_zero(form: str) -> None:
    """Nothing known is an error, never a figure."""
    rule = f"result: its energy is zero or not known, which the form {form} must not state as a figure"
    with pytest.raises(InputError, match=f"^{re.escape(rule)}$"):
        report(nothing(), form, made_at=MADE_AT)


@pytest.mark.parametrize("form", OURS)
def test_no_form_takes_a_validation(form: str) -> None:
    """It is no footprint."""
    rule = f"format '{form}': is no form for a validation; it takes an estimate, a run or a project"
    with pytest.raises(Contradiction, match=f"^{re.escape(rule)}$"):
        report(validate(tier="T1", record="strubell2019-bert-base-v100"), form)


@pytest.mark.parametrize("form", OURS)
@pytest.mark.parametrize("data", [exact(), sized(), one_run(), project()], ids=lambda data: data.title)
def test_every_form_is_the_same_twice_and_claims_nothing_of_offsets(form: str, data: object) -> None:
    """Deterministic; no trees, no neutrality, no compensation of one figure by another."""
    text = report(data, form, made_at=MADE_AT)
    assert text == report(data, form, made_at=MADE_AT)
    assert re.search(r"carbon.neutral|\btrees?\b|\boffset|net.zero", text, re.IGNORECASE) is None
    assert text.endswith("\n")


def test_the_coverage_stands_in_every_form_with_room_for_words() -> None:
    """Boundary, failed runs, factor's year and basis, versions; the AI Act asks for energy alone."""
    assert "the whole facility" in report(project(), "gpai")
    for form in ("model-card", "sci", "cyclonedx", "spdx", "latex"):
        text = " ".join(report(project(), form, made_at=MADE_AT).split()).replace("\\", "")
        for words in (
            "the whole facility",
            "1 failed, 1 killed",
            "2025; life-cycle, location-based",
            "1.2.3",
            "2026.11",
        ):
            assert words in text, (form, words)


def test_each_form_has_a_file_of_its_own() -> None:
    """The registry names modules that are there."""
    folder = Path(scope_statements.__file__).parent / "forms"
    assert [form for form in OURS if not (folder / f"{FORMS[form].module}.py").exists()] == []
