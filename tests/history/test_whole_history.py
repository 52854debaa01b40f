"""The history as a whole: found, filtered, added up, handed on as data."""

import json
import re
import sys
from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta, timezone
from math import exp, log, sqrt
from pathlib import Path

import pytest
from journals_by_hand import ELSEWHERE, NOON, SXM, ended, line, meter, one_hour, stopped, tracker

from greentrain import AmbiguousName, GreentrainError, History, InputError, UnknownName, __version__
from greentrain.errors import install_hint

DAY = 86_400


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """Three runs on three days: 2 kWh completed, 1 kWh failed, one that was not measured and killed."""
    runs = tmp_path / "runs"
    one_hour(runs / "20251122T120000Z-aaaaaa")
    tracker(runs / "20251122T120000Z-aabbbb", at=DAY, name="gpt", lines=[ended(DAY + 1800, "failed", "OSError")])
    meter(runs / "20251122T120000Z-aabbbb", at=DAY, lines=[stopped(DAY + 1800, 1800, 1.0, 0.0)])
    tracker(runs / "slurm-7", at=2 * DAY, project="vision", lines=[line(2 * DAY + 60, type="log", values={})])
    return tmp_path


def ids(home: Path, **chosen: object) -> list[str]:
    """List the ends of the ids of the runs that are chosen."""
    return [run.id[-6:] for run in History(home).runs(**chosen)]  # type: ignore[arg-type]


def test_runs_are_listed_newest_first(home: Path) -> None:
    """By their start."""
    assert ids(home) == ["lurm-7", "aabbbb", "aaaaaa"]


@pytest.mark.parametrize(
    ("chosen", "found"),
    [
        ({"project": "nlp"}, ["aabbbb", "aaaaaa"]),
        ({"project": "NLP"}, []),
        ({"status": "killed"}, ["lurm-7"]),
        ({"since": "2025-11-23"}, ["lurm-7", "aabbbb"]),
        ({"since": "2025-11-23T12:00"}, ["lurm-7", "aabbbb"]),
        ({"since": "2025-11-23T12:00:01Z"}, ["lurm-7"]),
        ({"since": "2025-11-23T13:00+01:00"}, ["lurm-7", "aabbbb"]),
        ({"since": date(2025, 11, 24)}, ["lurm-7"]),
        ({"since": datetime(2025, 11, 24, 13, tzinfo=UTC)}, []),
        ({"since": datetime(2025, 11, 24, 13, tzinfo=timezone(timedelta(hours=2)))}, ["lurm-7"]),
        ({"project": "nlp", "status": "failed", "since": "2025-01-01"}, ["aabbbb"]),
    ],
)
def test_runs_are_chosen(home: Path, chosen: dict[str, object], found: list[str]) -> None:
    """By project, first moment and status, together."""
    assert ids(home, **chosen) == found


def test_a_run_counts_from_its_meter_where_that_began_first(tmp_path: Path) -> None:
    """So a moment between the two leaves it out, although its tracker began later."""
    tracker(tmp_path / "runs" / "a", at=10)
    meter(tmp_path / "runs" / "a", at=0, lines=[stopped(60, 60, 0.1, 0.0)])
    (run,) = History(tmp_path).runs()
    between = datetime.fromtimestamp(run.started + 5, UTC)
    assert run.started == NOON
    assert ids(tmp_path, since=between) == []


@pytest.mark.parametrize(
    ("chosen", "message"),
    [
        ({"status": "done"}, "status 'done': must be running, completed, failed, interrupted, killed or unknown"),
        ({"since": "yesterday"}, "since 'yesterday': must be a date such as 2026-11-22, or a time such as "
         "2026-11-22T11:00, in UTC by default"),
        ({"since": 7}, "since 7: must be a date such as 2026-11-22, or a time such as 2026-11-22T11:00, in UTC "
         "by default"),
    ],
)  # fmt: skip
def test_a_wrong_choice_is_refused(home: Path, chosen: dict[str, object], message: str) -> None:
    """By name, with the rule."""
    with pytest.raises(InputError) as caught:
        ids(home, **chosen)
    assert str(caught.value) == message


def test_totals_hold_failed_runs_too(home: Path) -> None:
    """1.19 times 2.5 kWh and 1 kWh at PUE 1.2 and 100 g/kWh; the failed one is 1 of 3.5."""
    whole = History(home).totals()

    assert (whole.runs, whole.measured, whole.duration_seconds) == (3, 2, 3600 + 1800 + 60)
    assert whole.by_status == {"running": 0, "completed": 1, "failed": 1, "interrupted": 0, "killed": 1, "unknown": 0}
    assert whole.facility_energy_kwh.best == pytest.approx(SXM * 4.2)
    assert whole.operational_kg.best == pytest.approx(SXM * 0.42)
    assert whole.unfinished_energy_kwh == pytest.approx(SXM * 1.2)
    assert whole.unfinished_share == pytest.approx(1 / 3.5)


def test_what_runs_share_does_not_cancel_in_totals(home: Path) -> None:
    """Sensors, PUE and grid of 3 and 1.2 kWh are the same: what a factor has of the runs' half-widths adds up.

    The first run is 2 kWh within 5 % and 0.5 kWh of a modelled CPU, the second 1 kWh within 5 % alone. Both have 0.19
    (from 0.10) of that for what no sensor reads: its term is that width by its part of the whole, 0.19 / 1.19.
    """
    low = sqrt(0.1**2 + 0.25**2)
    first, second = log(2.5 / (2.5 - low)), log(1 / 0.95)
    unread, term_of_it = log(1.19 / 1.10), 0.19 / 1.19 * log(0.19 / 0.10)
    found = History(home).totals()

    def low(factors: Sequence[float], *runs: tuple[float, float]) -> float:
        """Of each run its best value and what the energy has of its logarithm."""
        parts = []
        for best, energy in runs:
            down = sqrt(sum(width**2 for width in (energy, unread, *factors)))
            terms = (energy, term_of_it, *factors)
            whole = sqrt(sum(term**2 for term in terms))
            parts.append([SXM * best * (1 - exp(-down)) * term / whole for term in terms])
        return sum(SXM * best for best, _ in runs) - sqrt(sum(sum(each) ** 2 for each in zip(*parts, strict=True)))

    site = [log(1.2 / 1.1)]
    assert found.facility_energy_kwh.low == pytest.approx(low(site, (3.0, first), (1.2, second)))
    site.append(log(100 / 80))
    assert found.operational_kg.low == pytest.approx(low(site, (0.3, first), (0.12, second)))
    assert (found.runs, found.measured, found.known) == (3, 2, 2)


def test_no_runs(tmp_path: Path) -> None:
    """A home that does not exist, or is a file, has none."""
    (tmp_path / "file").write_text("")
    for home in (tmp_path / "none", tmp_path / "file", tmp_path):
        history = History(home)
        assert history.runs() == ()
        assert history.totals().unfinished_share is None
        assert history.to_csv().count("\n") == 1
        assert len(history.to_frame()) == 0


def test_a_run_is_found_by_the_beginning_of_its_id(home: Path) -> None:
    """If no other begins so."""
    history = History(home)
    assert history.get("slurm-7").id == history.get("s").id == "slurm-7"
    assert history.get("20251122T120000Z-aaa").id == "20251122T120000Z-aaaaaa"


def test_a_whole_id_is_not_the_beginning_of_another(home: Path) -> None:
    """Slurm's job 7 is not job 70."""
    one_hour(home / "runs" / "slurm-70")
    assert History(home).get("slurm-7").id == "slurm-7"


def test_an_ambiguous_or_unknown_id_is_refused(home: Path) -> None:
    """With what it might be."""
    with pytest.raises(AmbiguousName) as two:
        History(home).get("2025")
    with pytest.raises(UnknownName) as none:
        History(home).get("slurm-8")
    with pytest.raises(UnknownName, match=r"^id '': no run has this id"):
        History(home).get("")

    choice = "20251122T120000Z-aaaaaa or 20251122T120000Z-aabbbb"
    assert str(two.value) == f"id '2025': 2 runs have such an id; choose {choice}"
    rule = "no run has this id; 'greentrain history' lists them; did you mean slurm-7?"
    assert str(none.value) == f"id 'slurm-8': {rule}"


@pytest.mark.parametrize("text", ["", "{garbage\n", '{"v": 99, "type": "start"}\n'])
def test_a_run_that_cannot_be_read_is_said_to_be_so(tmp_path: Path, text: str) -> None:
    """Its own id is not suggested for it; one of a newer greentrain is called that."""
    folder = tmp_path / "runs" / "torn"
    folder.mkdir(parents=True)
    (folder / "a.1.s.tracker.jsonl").write_text(text)
    with pytest.raises(InputError) as caught:
        History(tmp_path).get("torn")
    rule = f"its journals in {folder} hold nothing that can be read"
    if "99" in text:
        rule = f"{folder} is left out: a newer greentrain wrote it; this one is {__version__}"
    assert str(caught.value) == f"id 'torn': {rule}"


def test_runs_that_cannot_be_read_are_named(home: Path) -> None:
    """Whether or not they belong to the project, which is not known; a folder that was just made is none of them."""
    for name, text in {"torn": "{garbage", "new": '{"v": 99, "type": "start"}\n', "starting": ""}.items():
        folder = home / "runs" / name
        folder.mkdir()
        (folder / "a.1.s.tracker.jsonl").write_text(text)
    found = History(home).select(project="vision")

    assert [run.id for run in found.runs] == ["slurm-7"]
    assert found.unreadable == (str(home / "runs" / "new"), str(home / "runs" / "torn"))
    assert History(home).to_dict()["unreadable"] == list(found.unreadable)


def test_ids_that_leave_the_folder_find_nothing(home: Path) -> None:
    """An id is compared, never joined to a path."""
    with pytest.raises(UnknownName):
        History(home).get("../runs/slurm-7")


def test_the_machine_readable_list(home: Path) -> None:
    """One object; moments in UTC, None where nothing was measured."""
    found = json.loads(History(home).to_json())

    assert (found["schema_version"], found["kind"]) == (1, "history")
    assert [row["started"] for row in found["runs"]] == [
        "2025-11-24T12:00:00Z", "2025-11-23T12:00:00Z", "2025-11-22T12:00:00Z"
    ]  # fmt: skip
    assert found["runs"][0]["facility_energy_kwh_best"] is None
    assert found["runs"][1]["error"] == "OSError"
    assert found["totals"]["runs"] == 3


def test_the_machine_readable_run(home: Path) -> None:
    """Nodes, inputs and what follows from both; JSON without NaN."""
    found = json.loads(History(home).get("20251122T120000Z-aaa").to_json())

    assert (found["kind"], found["id"], found["status"]) == ("run", "20251122T120000Z-aaaaaa", "completed")
    assert found["pue"] == {"low": 1.1, "best": 1.2, "high": 1.4, "basis": "default", "source": "uptime_2025"}
    assert found["nodes"][0]["host"] == ELSEWHERE
    assert found["nodes"][0]["meter"]["meter_memory_mib"] == 60.0
    assert found["estimate"]["run"]["gpu"] == "v100-sxm2-32gb"
    assert found["reconciliation"]["believed"] == "measurement"


@pytest.mark.parametrize(
    ("name", "cell"),
    [
        ("=HYPERLINK(1)", "'=HYPERLINK(1)"),
        ("+1", "'+1"),
        ("-1", "'-1"),
        ("@x", "'@x"),
        ("  =1", "'  =1"),
        ("\t=1", "\\t=1"),
        ("a, b", '"a, b"'),
        ('"a"', '"""a"""'),
        ("a\nb", "a\\nb"),
        ("\x1b[31m\u202e", "\\x1b[31m\\u202e"),
        ("\u8bad\u7ec3", "\u8bad\u7ec3"),
        ("x" * 10_000, "x" * 10_000),
    ],
)
def test_names_in_csv(tmp_path: Path, name: str, cell: str) -> None:
    """Nothing that a spreadsheet would compute or a terminal would obey."""
    one_hour(tmp_path / "runs" / "k", name=name)
    _, row = History(tmp_path).to_csv().splitlines()
    assert row.startswith(f"k,{cell},nlp,completed,")


def test_csv_and_frame_have_the_same_columns(home: Path) -> None:
    """One row per run, the id as index, moments as such."""
    history = History(home)
    frame = history.to_frame(project="nlp")
    head, *rows = history.to_csv(project="nlp").splitlines()

    assert head.split(",") == [frame.index.name, *frame.columns]
    assert len(rows) == len(frame) == 2
    assert frame.loc["20251122T120000Z-aaaaaa", "facility_energy_kwh_best"] == pytest.approx(SXM * 3.0)
    assert frame["started"].iloc[0].timestamp() == NOON + DAY


def test_a_frame_without_pandas_says_what_to_install(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is an extra."""
    monkeypatch.setitem(sys.modules, "pandas", None)
    with pytest.raises(GreentrainError, match=f"^A frame needs pandas: {re.escape(install_hint('frames'))}\\.$"):
        History(home).to_frame()


def test_the_history_says_what_it_is(home: Path) -> None:
    """In one line each: 1.19 times 1.2 and 3 kWh at 100 g/kWh."""
    history = History(home)
    assert repr(history) == f"<History of 3 runs in {home}>"
    assert [repr(run) for run in history.runs()] == [
        "<Run slurm-7 killed, 60 s, energy not known>",
        "<Run 20251122T120000Z-aabbbb failed, 1800 s, 1.428 kWh, 0.1428 kg CO2e (90 % interval 0.1104 to 0.1968)>",
        "<Run 20251122T120000Z-aaaaaa completed, 3600 s, 3.57 kWh, 0.357 kg CO2e (90 % interval 0.2707 to 0.5154)>",
    ]


def test_a_notebook_shows_tables(home: Path) -> None:
    """Of the newest runs, a row each; of a run, its three quantities, with its name escaped."""
    history = History(home)
    left = ' style="text-align:left"'
    found = history._repr_html_()
    assert found.startswith(f"<table><caption{left}>3 runs</caption><tr><th{left}>run</th>")
    runs, sums = found.split("</table>")[:2]
    assert runs.count("<tr>") == 4
    assert runs.count("at least 3.57 kWh</td>") == 1
    assert "All 2 runs of known energy" in sums
    assert ">at least 5.00 kWh</td>" in sums
    assert "1 run of unknown energy not in the sum." in found
    last = history.get("20251122T120000Z-aaaaaa")._repr_html_()
    assert last.startswith(f"<table><caption{left}>bert completed after 1 h 00 min</caption>")
    assert "energy at the facility&#x27;s meter</td><td" in last
