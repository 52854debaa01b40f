"""From measured runs to a profile that narrows the next estimates."""

from math import exp, log, sqrt
from pathlib import Path
from typing import Any

import pytest
from journals_by_hand import CPU, GPU, MEMORY, NOON, ended, line, meter, one_hour, stopped, tracker

from greentrain import GreentrainError, History, estimate
from greentrain.catalogue import check_profiles, read_own_table
from greentrain.history import next_run
from greentrain.history.calibrate import calibrate, whose

PARTS = [GPU, CPU, MEMORY]


def measured(home: Path, watts: list[float], gpu: dict[str, Any] = GPU, kind: str = "", tag: str = "r") -> Path:
    """Write runs of an hour on one V100 at these mean powers."""
    for place, power in enumerate(watts):
        folder = home / "runs" / f"{tag}{place}{kind}"
        stated = {"workload": kind} if kind else {}
        tracker(folder, lines=[ended(3600)], estimate_inputs=stated)
        meter(folder, components=[gpu, CPU, MEMORY], lines=[stopped(3600, 3600, power / 1000, 0.05)])
    return home


def test_the_interval_of_the_next_run() -> None:
    """Three values a factor of 1.1 apart: Student's t with two degrees of freedom is 2.92."""
    spread = log(1.1)
    width = sqrt((2.92 * spread * sqrt(4 / 3)) ** 2 + log(1.05) ** 2)
    assert next_run([0.6 / 1.1, 0.6, 0.6 * 1.1]) == pytest.approx((0.6 * exp(-width), 0.6, 0.6 * exp(width)))


def test_equal_runs_keep_the_error_of_the_sensor() -> None:
    """Five per cent either way."""
    assert next_run([0.5] * 40) == pytest.approx((0.5 / 1.05, 0.5, 0.5 * 1.05))


def test_a_calibrated_estimate_is_narrower_and_holds_the_runs(tmp_path: Path) -> None:
    """Runs at 200, 210 and 220 W of 300 W; written as a table that the check passes."""
    home = measured(tmp_path, [200, 210, 220])
    done = calibrate(History(home).runs(), tmp_path / "profiles")
    before = estimate("V100", hours=1, host_factor=1, pue=1, grid_intensity=100)
    after = estimate("V100", hours=1, host_factor=1, pue=1, grid_intensity=100, profiles=tmp_path / "profiles")

    assert done.file == str(tmp_path / "profiles" / "power_defaults.csv")
    (fit,) = done.fits
    assert (fit.hardware_class, fit.workload, fit.runs, fit.devices) == ("sxm-node", "", 3, ("v100-sxm2-32gb",))
    assert fit.before == pytest.approx((0.276, 0.624, 1.0))
    assert fit.source == "Own runs measured by greentrain 2025-11-22 to 2025-11-22"
    assert after.it_energy_kwh.best == pytest.approx((0.2 * 0.21 * 0.22) ** (1 / 3), rel=1e-3)
    assert before.it_energy_kwh.low < after.it_energy_kwh.low < 0.2
    assert 0.22 < after.it_energy_kwh.high < before.it_energy_kwh.high
    assert check_profiles(tmp_path / "profiles") == ()


def test_calibrating_again_replaces_its_own_rows(tmp_path: Path) -> None:
    """Twice the same gives the same file; new runs give new numbers in the same row."""
    home = measured(tmp_path, [200, 210, 220])
    file = tmp_path / "p" / "power_defaults.csv"
    calibrate(History(home).runs(), file.parent)
    first = file.read_text()
    calibrate(History(home).runs(), file.parent)
    assert file.read_text() == first
    measured(tmp_path, [150, 160], tag="later")
    calibrate(History(home).runs(), file.parent)

    assert file.read_text() != first
    assert file.read_text().count("\n") == first.count("\n") == 2


def test_the_users_own_rows_stay(tmp_path: Path) -> None:
    """What somebody wrote by hand is not replaced; other rows are kept as they are."""
    file = tmp_path / "p" / "power_defaults.csv"
    file.parent.mkdir()
    head = "hardware_class,parameter,low,best,high,unit,source"
    by_hand = "sxm-node,utilization,0.5,0.6,0.7,1,https://example.org"
    file.write_text(f"{head}\n{by_hand}\nchip,host_factor,1,1.5,2,1,https://example.org\n")
    before = file.read_text()
    done = calibrate(History(measured(tmp_path, [200, 210, 220])).runs(), file.parent)
    kind = calibrate(History(measured(tmp_path, [100, 105, 110], kind="small")).runs(), file.parent)

    assert (done.file, done.fits) == (None, ())
    assert done.notes == (f"sxm-node: {file} has a row of another source; it stays.",)
    assert [fit.workload for fit in kind.fits] == ["small"]
    assert before.splitlines()[1].split(",") == file.read_text().splitlines()[1].split(",")[2:7] or (
        "sxm-node,utilization,0.5,0.6,0.7,1,,https://example.org" in file.read_text()
    )
    assert "chip,host_factor,1,1.5,2,1,,https://example.org" in file.read_text()
    assert check_profiles(file.parent) == ()


def test_rows_of_the_user_are_read_back_as_they_were(tmp_path: Path) -> None:
    """The table is a profile: no apostrophe or escape gets into a cell that begins like a formula or has two lines."""
    file = tmp_path / "p" / "power_defaults.csv"
    file.parent.mkdir()
    file.write_text(
        "hardware_class,parameter,low,best,high,unit,source,notes\n"
        'chip,host_factor,1,1.5,2,1,https://example.org,"=1+1, as\nmeasured"\n'
        "pcie-server,host_factor,1,1.5,2,1,@home,-\n"
    )
    before = list(read_own_table(str(file)).records())
    done = calibrate(History(measured(tmp_path, [200, 210, 220])).runs(), file.parent)
    *kept, fitted = read_own_table(str(file)).records()

    assert [{name: row[name] for name in before[0]} for row in kept] == before
    assert before[0]["notes"] == "=1+1, as\nmeasured"
    assert (fitted["hardware_class"], fitted["source"]) == ("sxm-node", done.fits[0].source)
    assert float(fitted["best"]) == pytest.approx(done.fits[0].value.best, abs=5e-5)


def test_kinds_of_training_are_learnt_apart(tmp_path: Path) -> None:
    """Three fine-tuning runs make a row of their own next to the one for any kind."""
    home = measured(tmp_path, [200, 205, 210], kind="finetuning")
    done = calibrate(History(home).runs(), tmp_path / "p")
    fine = estimate("V100", hours=1, workload="finetuning", profiles=tmp_path / "p")

    assert [(fit.hardware_class, fit.workload) for fit in done.fits] == [("sxm-node", ""), ("sxm-node", "finetuning")]
    share = next(item for item in fine.inputs if item.name == "utilization")
    assert share.value.best == pytest.approx((200 * 205 * 210) ** (1 / 3) / 300, rel=1e-3)


def test_two_runs_are_too_few(tmp_path: Path) -> None:
    """Of each accelerator three are needed; the message counts what there is."""
    measured(tmp_path, [200, 210])
    measured(tmp_path, [50, 60], {**GPU, "name": "Tesla T4"}, tag="t")
    with pytest.raises(GreentrainError) as caught:
        calibrate(History(tmp_path).runs(), tmp_path / "p")
    rule = "at least 3 measured runs of one accelerator are needed; t4 has 2, v100-sxm2-32gb has 2"
    assert str(caught.value) == rule
    assert not (tmp_path / "p").exists()


def test_other_devices_with_too_few_runs_are_named(tmp_path: Path) -> None:
    """And left out."""
    measured(tmp_path, [200, 210, 220])
    measured(tmp_path, [50], {**GPU, "name": "Tesla T4"}, tag="t")
    done = calibrate(History(tmp_path).runs(), tmp_path / "p")
    assert done.notes == ("t4: 1 of the 3 measured runs that are needed; left out.",)


def test_runs_that_teach_nothing(tmp_path: Path) -> None:
    """Modelled, short, half measured, at 0 W, above the TDP or of an unknown device: left out, and why."""
    runs = tmp_path / "runs"
    measured(tmp_path, [0, 5, 400])
    measured(tmp_path, [200], {**GPU, "quality": "modelled"}, tag="m")
    measured(tmp_path, [200], {**GPU, "name": "Card of mine"}, tag="c")
    tracker(runs / "short", lines=[ended(30)])
    meter(runs / "short", components=PARTS, lines=[stopped(30, 30, 0.002)])
    tracker(runs / "half", lines=[ended(3600)])
    meter(runs / "half", components=PARTS, lines=[stopped(1800, 1800, 0.1)])
    one_hour(runs / "none", gpu=None)
    with pytest.raises(GreentrainError) as caught:
        calibrate(History(tmp_path).runs(), tmp_path / "p")
    assert str(caught.value) == (
        "at least 3 measured runs of one accelerator are needed; there is none. Left out: "
        "3 runs at a power that cannot be right, 2 runs with an accelerator that was not measured, "
        "1 run without an accelerator that is known, 1 run measured for less than 90 % of its time, "
        "1 run shorter than 60 s"
    )


def test_runs_that_differ_too_much_change_nothing(tmp_path: Path) -> None:
    """The default's interval is narrower than what three such runs predict of the next."""
    done = calibrate(History(measured(tmp_path, [40, 120, 300])).runs(), tmp_path / "p")
    assert (done.file, done.fits) == (None, ())
    assert done.notes == ("sxm-node: your runs differ more than the default's interval is wide; it stays.",)


def test_a_folder_that_cannot_be_written(tmp_path: Path) -> None:
    """A file in its place; nothing is half written."""
    (tmp_path / "p").write_text("")
    with pytest.raises(GreentrainError, match=r"power_defaults\.csv cannot be written: (File exists|Not a directory)$"):
        calibrate(History(measured(tmp_path, [200, 210, 220])).runs(), tmp_path / "p")
    assert NOON == 1763812800
    assert line(0, type="x").startswith('{"v": 1, "t": "2025-11-22T12:00:00.000Z"')


def test_a_source_says_whose_readings_it_has() -> None:
    """Of two formats, of tracked runs alone, and of both."""
    assert whose(["imported:zeus", "imported:nvidia-smi"]) == "Own runs imported from nvidia-smi, zeus"
    assert whose(["tracked"]) == "Own runs measured by greentrain"
    assert whose(["imported:zeus", "tracked"]) == "Own runs measured by greentrain and imported from zeus"
