"""The items of the EU AI Act's model documentation."""

import re

import pytest
from form_examples import exact, one_run, project, sized, with_footprint, with_size

from greentrain import Interval, estimate
from greentrain.reporting import ReportData, report_data_of
from greentrain.reporting.forms.gpai import compute_method, energy_method, render


def items(data: ReportData) -> dict[str, str]:
    """Return the rows of the table."""
    rows = re.findall(r"^\| (.*?) \| (.*) \|$", render(data), re.MULTILINE)
    return dict(rows[2:])


def test_the_items() -> None:
    """200 h are 8.3 days, 1,600 device-hours 67 hardware-days; 6 x 1e9 x 2e10 x 2 runs are 2.4e20; 600 kWh."""
    assert items(sized()) == {
        "Training time, range": "less than 1 month",
        "Training time, wall-clock days": "8.3 days",
        "Training time, hardware-days": "67 hardware-days",
        "Hardware": "8 x NVIDIA A100 SXM4 80GB",
        "Amount of computation used for training": "2.4 x 10^20 FLOP",
        "Amount of energy used for training": "0.60 MWh",
        "How the energy is known": "estimated",
    }


def test_what_is_not_known_is_said_to_be() -> None:
    """No size and no wall-clock time: not zero."""
    found = items(report_data_of(estimate("V100", gpu_hours=1000)))
    unknown = "not stated to greentrain"
    assert found["Training time, range"] == found["Training time, wall-clock days"] == unknown
    assert found["Amount of computation used for training"] == unknown
    assert found["Training time, hardware-days"] == "42 hardware-days"


@pytest.mark.parametrize(
    ("hours", "expected"),
    [(700, "less than 1 month"), (800, "1 to 3 months"), (3000, "3 to 6 months"), (5000, "more than 6 months")],
)
def test_ranges_of_time(hours: float, expected: str) -> None:
    """A month has 730.5 hours."""
    assert items(report_data_of(estimate("V100", hours=hours)))["Training time, range"] == expected


@pytest.mark.parametrize(
    "data",
    [
        exact(),
        sized(),
        one_run(),
        project(),
        with_footprint(project(), basis="mixed"),
        report_data_of(estimate("H100", count=64, params="7B", tokens="1T", location="FR")),
        report_data_of(estimate(cpu="AMD EPYC 7763", cpu_cores=64, memory_gb=256, hours=10)),
    ],
    ids=lambda data: f"{data.kind} {data.basis}",
)
def test_the_method_of_energy_has_about_a_hundred_words(data: ReportData) -> None:
    """With basis, boundary, runs, interval and versions."""
    text = energy_method(data)
    assert 80 <= len(text.split()) <= 130
    assert "Boundary: the whole facility" in text
    assert "Runs covered: " in text
    assert data.versions.data in text


def test_the_method_says_where_the_energy_comes_from() -> None:
    """Measured, or from computation where it is not."""
    assert energy_method(one_run()).startswith(
        "Energy was measured during the runs: accelerators and processors by their own sensors, memory by a model, "
        "read by codecarbon; gaps are marked in the record of the run. Boundary: "
    )
    other_meter = one_run()._replace(versions=one_run().versions._replace(codecarbon=None))
    assert "codecarbon" not in energy_method(other_meter)
    estimated = energy_method(report_data_of(estimate("H100", count=64, params="7B", tokens="1T")))
    assert estimated.startswith("Energy is estimated from computational resources; no meter was read.")
    assert "hours (derived from operations over peak times utilization)" in estimated
    mixed = energy_method(with_footprint(project(), basis="mixed"))
    assert mixed.startswith(
        "Energy was measured in part: accelerators and processors by their own sensors, memory by a model, read by "
        "codecarbon; what was not measured is not in the figures. Boundary: "
    )
    filled = with_footprint(project(), basis="mixed")
    filled = filled._replace(lines=tuple(line._replace(is_filled=True) for line in filled.lines))
    assert "the unmeasured rest is estimated: time without a reading at the mean power of the rest" in energy_method(
        filled
    )
    assert "90 % interval 0.028 to 0.042 MWh" in mixed


def test_how_the_computation_was_counted() -> None:
    """By the model's size, or as stated."""
    assert compute_method(sized()).startswith("Operations of training: 6 x (active) parameters x tokens")
    assert compute_method(with_size(exact(), flops=1e20)).startswith("Operations of training: as stated by the user")
    assert compute_method(exact()).startswith("The number of operations was not stated")


def test_large_energies_keep_two_figures() -> None:
    """21,588 MWh become 22,000."""
    found = items(with_footprint(exact(), facility_energy_kwh=Interval(2e7, 21_588_000, 3e7)))
    assert found["Amount of energy used for training"] == "22,000 MWh"


def test_a_title_of_the_user_is_escaped() -> None:
    """In the heading."""
    assert "# Computation and energy of training: \\|x\\| &lt;b&gt;" in render(exact()._replace(title="|x| <b>"))
