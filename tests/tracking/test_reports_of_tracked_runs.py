"""Reports of what `track` gave: the run of this process, without its id having to be looked up."""

import pickle
import shutil
import time
from pathlib import Path
from typing import Any

import pytest
from tracked import ALONE, KWH_PER_SECOND, replay

import greentrain
from greentrain import InputError, report
from greentrain.reporting import report_data_of


@pytest.fixture
def arguments(tmp_path: Path) -> dict[str, Any]:
    """The arguments of these tests' runs: a meter of 450 W, quietly, recorded in the test's folder."""
    return {"meter": replay(tmp_path), "home": tmp_path, "quiet": True, "pue": 1.5, "grid_intensity": 100}


@pytest.mark.timing
def test_a_run_that_has_ended_is_reported_to_its_last_reading(arguments: dict[str, Any]) -> None:
    """So is what remains of it when it is pickled; PUE 1.5 and 100 g/kWh."""
    with greentrain.track("bert", **arguments) as run, run.span("epoch"):
        time.sleep(0.3)
    data, again = report_data_of(run), report_data_of(pickle.loads(pickle.dumps(run)))
    (line,) = data.lines
    assert data == again
    assert (data.kind, line.id, line.name, line.status) == ("run", run.key, "bert", "completed")
    assert line.hours is not None
    assert line.facility_energy_kwh is not None
    assert line.facility_energy_kwh.best == pytest.approx(ALONE * 1.5 * KWH_PER_SECOND * 3600 * line.hours, rel=0.01)
    assert [span.name for span in data.spans] == ["epoch"]
    assert "bert" in report(run, "text")


@pytest.mark.slow
def test_a_run_that_goes_on_is_reported_as_far_as_it_is(arguments: dict[str, Any]) -> None:
    """With its status."""
    with greentrain.track("bert", **arguments) as run:
        deadline = time.monotonic() + 20
        while run.energy_kwh_so_far() is None and time.monotonic() < deadline:
            time.sleep(0.05)
        (line,) = report_data_of(run).lines
    assert (line.status, line.ended) == ("running", None)


def test_a_part_of_a_run_names_the_run(arguments: dict[str, Any]) -> None:
    """A function that is tracked inside another is a span of it."""
    with greentrain.track("outer", **arguments) as run, greentrain.track("inner", **arguments) as part:
        pass
    with pytest.raises(InputError) as caught:
        report(part, "text")
    rule = f"is a part of the run {run.key}, which holds it as a span; report that one"
    assert str(caught.value) == f"result 'inner': {rule}"


def test_a_run_without_a_record_is_refused(arguments: dict[str, Any]) -> None:
    """Its folder was removed since it was pickled."""
    with greentrain.track("bert", **arguments) as run:
        pass
    finished = pickle.loads(pickle.dumps(run))
    shutil.rmtree(finished.folder)
    with pytest.raises(InputError, match=r"^result 'bert': left no record that could be reported$"):
        report(finished)
