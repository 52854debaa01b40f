"""The best start: windows by hand, savings with what forecasts do not know, schedulers' words, waiting, services."""

import json
import os
import sys
import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from greentrain import Contradiction, InputError, InvalidNumber, best_start, chart
from greentrain.cli import run

NIGHT = (300, 280, 100, 120, 400, 90, 400)
"""Hours from midnight on: of two in a row, 02:00 is best with 110 against 290 now; the mean of six starts is 223.3."""


def write_hours(path: Path, values: tuple[object, ...], kind: str = "") -> Path:
    """Write hourly rows, all of a kind; None leaves a row out."""
    rows = (f"2026-03-01T{hour:02}:00Z,{value},{kind}\n" for hour, value in enumerate(values) if value is not None)
    path.write_text("timestamp,g_per_kwh,kind\n" + "".join(rows))
    return path


@pytest.fixture
def night(tmp_path: Path) -> Path:
    """Write measured hours."""
    return write_hours(tmp_path / "night.csv", NIGHT, "measured")


def test_the_best_of_six_starts(night: Path) -> None:
    """Two hours: means 290, 190, 110, 260, 245, 245; measured, so that 1 - 110/290 = 0.6207 is exact."""
    found = best_start("V100", hours=2, location="GB", grid_series=night, power=250, host_factor=1, pue=1.5)

    assert [item.g_per_kwh for item in found.candidates] == pytest.approx([290, 190, 110, 260, 245, 245])
    assert found.best is not None
    assert found.to_dict()["best"]["start"] == "2026-03-01T02:00:00Z"
    assert found.to_dict()["now"]["start"] == "2026-03-01T00:00:00Z"
    assert found.saving_share == pytest.approx((0.62069, 0.62069, 0.62069), abs=1e-5)
    assert found.mean_saving_share == pytest.approx([1 - 110 / (1340 / 6)] * 3)
    assert found.best.operational_kg.best == pytest.approx(0.25 * 2 * 1.5 * 110 / 1000)


def test_forecasts_widen_the_saving_by_what_they_do_not_know(tmp_path: Path) -> None:
    """Of forecasts the interval holds the best value; the farther ahead, the wider."""
    near = best_start(hours=1, grid_series=write_hours(tmp_path / "a.csv", (200, 150, 200), "forecast"))
    far = best_start(hours=1, grid_series=write_hours(tmp_path / "b.csv", (200, *[210] * 20, 150), "forecast"))

    for found in (near, far):
        assert found.saving_share is not None
        assert found.saving_share.best == pytest.approx(0.25)
        assert found.saving_share.low < 0.25 < found.saving_share.high
    assert far.saving_share is not None
    assert near.saving_share is not None
    assert far.saving_share.high - far.saving_share.low > near.saving_share.high - near.saving_share.low


def test_a_saving_within_the_forecasts_error_is_no_clear_gain(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Two per cent, a day ahead."""
    path = write_hours(tmp_path / "a.csv", (200, *[205] * 20, 196), "forecast")

    assert not best_start(hours=1, grid_series=path).is_clear
    assert run(["when", "--hours", "1", "--grid-series", str(path)]) == 0
    assert "That is no clear gain: a forecast may err by" in " ".join(capsys.readouterr().out.split())


def test_within_and_deadline_bound_the_start(night: Path) -> None:
    """Within an hour only 00:00 and 01:00 are left; with a deadline at 03:30 a run of two hours starts by 01:30."""
    one = best_start(hours=2, grid_series=night, within="1h")
    assert [item.to_dict()["start"][11:16] for item in one.candidates] == ["00:00", "01:00"]
    two = best_start(hours=2, grid_series=night, deadline="2026-03-01T03:30")
    assert [item.to_dict()["start"][11:16] for item in two.candidates] == ["00:00", "01:00"]
    assert best_start(hours=2, grid_series=night, deadline="2026-03-01T04:30+01:00").candidates == two.candidates


def test_a_job_that_may_pause_runs_in_the_cleanest_slots(night: Path) -> None:
    """Two hours: 90 at 05:00 and 100 at 02:00, mean 95 instead of 110, with one pause."""
    found = best_start(hours=2, grid_series=night, interruptible=True)

    assert found.best is not None
    assert found.best.g_per_kwh == pytest.approx(95)
    pieces = found.to_dict()["best"]["segments"]
    assert [(piece["start"][11:16], piece["end"][11:16]) for piece in pieces] == [
        ("02:00", "03:00"),
        ("05:00", "06:00"),
    ]


def test_hours_need_not_be_whole_slots(night: Path) -> None:
    """An hour and a half from 02:00: (100 + 120 / 2) / 1.5 = 106.67."""
    found = best_start(hours=1.5, grid_series=night)

    assert found.best is not None
    assert found.best.g_per_kwh == pytest.approx(160 / 1.5)


def test_starts_into_a_long_gap_are_left_out(tmp_path: Path) -> None:
    """Three hours are missing after 02:00: no run of two hours touches them; two missing ones would be filled."""
    found = best_start(hours=2, grid_series=write_hours(tmp_path / "a.csv", (300, 280, 50, None, None, None, 90, 90)))

    assert [item.to_dict()["start"][11:16] for item in found.candidates] == ["00:00", "01:00", "06:00"]
    assert any(note.startswith("3 slots are missing: ") for note in found.notes)


def test_a_run_that_does_not_fit_is_refused(night: Path) -> None:
    """The message has both times."""
    with pytest.raises(
        InputError, match=r"^hours 8.0: no start is left: the series goes from 2026-03-01T00:00:00Z to "
    ):
        best_start(hours=8, grid_series=night)


def test_without_a_series_it_says_what_an_annual_mean_hides() -> None:
    """A run of 6 h on a grid of 100 to 300 g/kWh: 23 %, of 24 h 20 %."""
    found = best_start(hours=6, location="GB", year=2025)

    assert found.best is None
    assert (found.spread[6.0], found.spread[24.0]) == (0.23, 0.2)
    assert found.to_dict()["series"] is None
    assert "typically differs from it by 23 %" in " ".join(found.notes)


def test_what_excludes_each_other(night: Path) -> None:
    """A file and a service, a zone without a service, odd times."""
    with pytest.raises(Contradiction, match=r"^grid_service 'gb': and grid_series both name the series; give one$"):
        best_start(hours=1, grid_series=night, grid_service="gb")
    with pytest.raises(Contradiction, match=r"^grid_zone '13': counts only with grid_service$"):
        best_start(hours=1, grid_zone="13")
    with pytest.raises(InvalidNumber, match=r"^within 'soon': must be a number "):
        best_start(hours=1, grid_series=night, within="soon")
    with pytest.raises(InputError, match=r"^deadline 'noon': must be a time such as 2026-03-02T08:00Z$"):
        best_start(hours=1, grid_series=night, deadline="noon")
    with pytest.raises(Contradiction, match=r"^hours: how long does it run\? Give hours \(wall-clock\)$"):
        best_start(grid_series=night)


def test_a_stated_factor_converts_and_is_named(night: Path) -> None:
    """Direct values x 1.2 are life-cycle ones; without a basis nothing is converted."""
    found = best_start(hours=1, grid_series=night, grid_basis="direct", grid_factor=1.2)
    assert found.series is not None
    assert found.series.basis == "life-cycle"
    assert found.now is not None
    assert found.now.g_per_kwh == pytest.approx(360)
    assert any("by a factor of 1.2, source: stated by the user" in note for note in found.notes)
    with pytest.raises(Contradiction, match=r"^grid_factor 1.2: needs grid_basis: what the file's values count$"):
        best_start(hours=1, grid_series=night, grid_factor=1.2)
    by_table = best_start(hours=1, location="GB", grid_series=night, grid_basis="direct", grid_factor="table")
    assert by_table.series is not None
    assert by_table.series.basis == "life-cycle"


def test_json_of_the_command(night: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """One object with the names of the contract."""
    command = ["when", "--gpu", "V100", "--hours", "2", "--location", "GB", "--grid-series", str(night), "--json"]
    assert run(command) == 0
    found = json.loads(capsys.readouterr().out)

    assert found["kind"] == "schedule"
    assert {"source", "basis", "from", "to", "slots", "missing", "forecast"} <= set(found["series"])
    assert found["best"]["start"] == "2026-03-01T02:00:00Z"
    assert found["saving_share"]["best"] == pytest.approx(1 - 110 / 290)
    assert len(found["candidates"]) == 6


@pytest.mark.parametrize(
    ("kind", "words"), [("at", "-t 202603010300"), ("slurm", "--begin=2026-03-01T03:00:00"), ("cron", "0 3 1 3 *")]
)
def test_words_for_schedulers(
    night: Path, kind: str, words: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """In the local time of the computer, and nothing else on stdout."""
    monkeypatch.setenv("TZ", "Europe/Berlin")
    time.tzset()
    try:
        assert run(["when", "--hours", "2", "--grid-series", str(night), "--print", kind]) == 0
    finally:
        monkeypatch.undo()
        time.tzset()
    assert capsys.readouterr().out == f"{words}\n"


@pytest.mark.slow
def test_waiting_runs_the_command_and_returns_its_code(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    """The best start is a second ahead: the command runs then, with its own streams and code."""
    now = datetime.now(UTC).timestamp()
    rows = [(int(now) - 600, 400), (int(now) + 2, 100)]
    path = tmp_path / "soon.csv"
    stamps = (f"{datetime.fromtimestamp(at, UTC):%Y-%m-%dT%H:%M:%SZ},{value}\n" for at, value in rows)
    path.write_text("timestamp,g_per_kwh\n" + "".join(stamps))
    program = "import sys, time; print(time.time()); sys.exit(7)"
    command = ["when", "--hours", "0.1", "--grid-series", str(path), "--wait", "--", sys.executable, "-c", program]

    assert run(command) == 7
    out, err = capfd.readouterr()
    assert float(out) >= int(now) + 2
    assert err.startswith("greentrain: the best start is ")


def test_waiting_needs_a_command_and_a_series(night: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Each in one line."""
    series = ["--grid-series", str(night)]
    for words, message in (
        (["--wait", *series], "--wait: needs the command, after two dashes: --wait -- python train.py"),
        ([*series, "--", "true"], "--wait: is missing: a command is run only with it"),
        (["--print", "at"], "--grid-series: without a series no start is better: name it, or --grid-service"),
        (["--print", "pbs", *series], "--print 'pbs': must be at, slurm or cron"),
        (["--print", "at", "--json", *series], "--print: excludes --json"),
    ):
        assert run(["when", "--hours", "2", *words]) == 2
        assert capsys.readouterr().err == f"greentrain: {message}\n"


def test_the_text_of_a_schedule(night: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The verdict, the rows and a chart of eighty columns."""
    assert run(["when", "--gpu", "V100", "--hours", "2", "--location", "GB", "--grid-series", str(night)]) == 0
    shown = capsys.readouterr().out

    assert shown.startswith("Best start: 2026-03-01T02:00:00Z (")
    assert "saves 62 % against now." in " ".join(shown.split())
    assert "# the chosen time" in shown
    assert max(map(len, shown.splitlines())) <= 80


def test_the_chart_of_a_schedule(night: Path) -> None:
    """The intensity, and the chosen time on it."""
    figure = chart(best_start(hours=2, grid_series=night))

    assert figure.layout.title.text == "<b>Best start 01 Mar 02:00 UTC</b>"
    assert [trace.name for trace in figure.data] == ["intensity", "chosen time"]


@pytest.fixture
def britain() -> Iterator[str]:
    """Serve half hours from an hour ago on, the cleanest of them two hours ahead."""
    first = int(time.time() // 1800) * 1800 - 3600

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            slots = [
                {
                    "from": f"{datetime.fromtimestamp(first + 1800 * place, UTC):%Y-%m-%dT%H:%MZ}",
                    "intensity": {"forecast": 50 if place in (6, 7) else 200, "actual": 200 if place < 2 else None},
                }
                for place in range(100)
            ]
            body = json.dumps({"data": slots}).encode()
            self.send_response(200)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: Any) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    yield f"http://127.0.0.1:{server.server_address[1]}"
    server.shutdown()
    server.server_close()
    thread.join()


def test_with_a_service_now_is_the_present_slot(
    britain: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """What is sent is said on stderr; the hour of 50 g/kWh is best, and saves 75 %."""
    monkeypatch.setenv("GREENTRAIN_HOME", str(tmp_path))
    present = time.time()
    command = ["when", "--location", "GB", "--hours", "1", "--within", "24h", "--grid-service", "gb"]
    assert run([*command, "--grid-url", britain, "--json"]) == 0
    out, err = capsys.readouterr()
    found = json.loads(out)

    now = datetime.fromisoformat(found["now"]["start"]).timestamp()
    assert now <= present < now + 3600
    assert datetime.fromisoformat(found["best"]["start"]).timestamp() - now == 2 * 3600
    assert found["saving_share"]["best"] == pytest.approx(0.75)
    assert 0.4 < found["saving_share"]["low"] < 0.75 < found["saving_share"]["high"] < 1
    assert err.startswith(f"greentrain: asking Carbon Intensity API of Great Britain ({britain}) for GB from ")
    assert err.endswith("; nothing else is sent\n")


def test_no_service_is_asked_unless_it_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    """With an address in the environment alone nothing is opened."""
    monkeypatch.setenv("GREENTRAIN_GRID_URL", "http://127.0.0.1:9")

    assert best_start(hours=6, location="GB").best is None
    assert os.environ["GREENTRAIN_GRID_URL"] == "http://127.0.0.1:9"
