"""Sweeps: seeds and failed runs count, by hand, also in tables; the paper's number and not the last run's."""

import pandas as pd
import pytest

from greentrain import InvalidNumber, estimate, estimate_frame

ONE = {"gpu": "V100", "hours": 10, "power": 250, "host_factor": 1, "pue": 1.2, "grid_intensity": 400}
"""3 kWh and 1.2 kg."""


def test_a_sweep_by_hand() -> None:
    """Four settings x five seeds are 20 runs; with a fifth failed 25 take energy: 75 kWh, 30 kg."""
    found = estimate(**ONE, runs=4, seeds=5, failed_share=0.2)

    assert found.facility_energy_kwh.best == pytest.approx(75)
    assert found.operational_kg.best == pytest.approx(30)
    assert (found.run["runs"], found.run["finished_runs"], found.run["seeds"]) == (25, 20, 5)
    assert found.notes[0] == (
        "A sweep: 4 x 5 seeds are 20 runs that count; with 20 % failed, 25 take energy, each counted whole."
    )


@pytest.mark.parametrize(
    ("words", "runs"),
    [({}, 1), ({"seeds": 3}, 3), ({"failed_share": 0.5}, 2), ({"runs": 9, "failed_share": 0.1}, 10),
     ({"runs": 20, "failed_share": 0.1}, 23)],
)  # fmt: skip
def test_runs_are_whole(words: dict[str, float], runs: int) -> None:
    """A part of a failed run counts as one."""
    assert estimate(**ONE, **words).run["runs"] == runs


def test_a_table_of_sweeps_is_as_its_rows() -> None:
    """Blanks mean one seed and nothing failed."""
    frame = pd.DataFrame({"runs": [4, 9, 2], "seeds": [5, None, 3], "failed_share": [0.2, 0.1, None]})
    found = estimate_frame(frame, **ONE)

    assert found["operational_kg_best"].tolist() == pytest.approx([25 * 1.2, 10 * 1.2, 6 * 1.2])


@pytest.mark.parametrize("value", [1, -0.1, "most"])
def test_a_share_is_below_one(value: object) -> None:
    """Where all failed there is nothing to publish."""
    with pytest.raises(InvalidNumber, match=r"^failed_share "):
        estimate(**ONE, failed_share=value)
