"""The runs of the history on their pages: the list, one run, a live one, and who sees them."""

import json
import re
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from journals_of_reports import FIRST_START, write_run
from served import Service, service
from test_calculator import links, text_of

NASTY = '</script><img src=x onerror="window.injected = 1">{{ 7 * 7 }}\u202e'


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three runs of 0.42 kWh read, 19 % unseen and a PUE of 1.2: 0.6 kWh each, in two projects; one failed."""
    folder = tmp_path_factory.mktemp("runs")
    write_run(folder, "a", name="bert", project="nlp")
    write_run(folder, "b", name="bert", project="nlp", status="failed", started=FIRST_START + timedelta(days=40))
    write_run(folder, "c", name=NASTY, project="vision", spans=[(NASTY, 10, 1800)])
    return folder


@pytest.fixture(scope="module")
def with_runs(home: Path) -> Iterator[Service]:
    """Serve them to this computer."""
    with service(home=home) as found:
        yield found


def test_the_list_has_every_run_and_their_sum(with_runs: Service) -> None:
    """3 x 0.6 kWh are 1.80 kWh, at 400 g/kWh 720 g; a third of the energy failed."""
    shown = text_of(with_runs.get("/runs").text)
    assert (
        "3 runs: 1.80 kWh and 720 g CO2e (657 g to 800 g); failed, interrupted or killed: 33 % of the energy." in shown
    )
    assert shown.count("240 g") == 3
    assert "failed 2026-04-10 00:00, 1 h 00 min, measured" in shown


def test_filters_and_groups(with_runs: Service) -> None:
    """By project: 480 g of nlp in two runs, 240 g of vision; a filter leaves the failed one."""
    grouped = text_of(with_runs.get("/runs", by="project").text)
    failed = with_runs.get("/runs", status="failed", project="nlp", since="").text

    assert "nlp 2 runs 480 g 1.20 kWh" in grouped
    assert "vision 1 run 240 g" in grouped
    months = text_of(with_runs.get("/runs", by="month,status").text)
    assert months.index("2026-03, completed") < months.index("2026-04, failed")
    assert "2 runs" in text_of(with_runs.get("/runs", until="2026-03").text)
    assert "1 run: 600 Wh and 240 g CO2e" in text_of(failed)
    assert "<option selected>failed</option>" in failed
    assert "No runs that fit." in text_of(with_runs.get("/runs", project="none").text)


@pytest.mark.parametrize(
    ("query", "words"),
    [({"since": "yesterday"}, "since 'yesterday': must be a date"), ({"by": "colour"}, "by 'colour': "),
     ({"status": "lost"}, "status 'lost': must be")],
)  # fmt: skip
def test_a_filter_that_is_none_is_told(with_runs: Service, query: dict[str, str], words: str) -> None:
    """The page stays."""
    found = with_runs.get("/runs", **query)
    assert found.status == 200
    assert words in text_of(found.text)


def test_one_run_is_shown_in_full(with_runs: Service) -> None:
    """What was run, its energy, power over time, spans, inputs and sources."""
    (address,) = {link for link in links(with_runs.get("/runs").text, "./runs/") if link.endswith("/a")}
    shown = text_of(with_runs.get(f"/{address.removeprefix('./')}").text)

    for words in ("completed; 0.600 kWh", "240 g CO2e", "command train.py", "accelerators 300 W on average",
                  "processors 100 W on average", "PUE", "Method"):  # fmt: skip
        assert words in shown


def test_the_beginning_of_an_id_is_enough_and_an_unknown_one_is_told(with_runs: Service) -> None:
    """With a page of the status 404."""
    assert with_runs.get("/runs/a").status == 200
    missing = with_runs.get("/runs/nothing")
    assert (missing.status, "There is no such run" in missing.text) == (404, True)
    assert with_runs.get("/runs/..%2F..%2Fetc").status == 404


def test_names_of_users_do_nothing(with_runs: Service) -> None:
    """Tags and marks of direction stand there as text."""
    for path in ("/runs", "/runs?by=name", "/runs/c"):
        page = with_runs.ask(path).text
        assert "<img" not in page
        assert "{{ 7 * 7 }}" in text_of(page)
        assert "\u202e" not in page


def test_only_this_computer_sees_them(with_runs: Service) -> None:
    """Not who asks for another name, and not who was let in by a proxy; the calculator is there for all."""
    for headers in (
        {"Host": "node1"}, {"Host": "192.0.2.7"}, {"X_Forwarded_For": "203.0.113.9"},
        {"Forwarded": "for=203.0.113.9"}, {"X_Real_IP": "203.0.113.9"}, {"Via": "1.1 proxy"},
    ):  # fmt: skip
        for path in ("/runs", "/runs/a"):
            found = with_runs.ask(path, **headers)
            assert found.status == 403, headers
            assert "bert" not in found.text
        calculator = with_runs.ask("/?gpu=V100&hours=1", **headers)
        assert calculator.status == 200
        assert "/runs" not in calculator.text


def test_with_the_token_everybody_sees_them(home: Path) -> None:
    """It is carried on from page to page; a wrong one helps nobody, not even here."""
    with service(home=home, runs="token") as found:
        assert found.get("/runs").status == 403
        assert found.get("/runs", token="wrong").status == 403
        opened = found.ask(f"/runs?token={found.token}", Host="node1", X_Forwarded_For="203.0.113.9")
        (address, *_) = links(opened.text, "./runs/")
        assert opened.status == 200
        assert found.ask(f"/{address.removeprefix('./')}", Host="node1").status == 200
        assert f'name="token" value="{found.token}"' in opened.text


def test_nobody_sees_them_where_that_is_said(home: Path) -> None:
    """Not even with the token."""
    with service(home=home, runs="nobody") as found:
        assert found.get("/runs", token=found.token).status == 403
        assert "/runs" not in found.get("/").text


def test_nothing_is_written(with_runs: Service, home: Path) -> None:
    """Methods that change anything are refused, and the folder stays as it is."""
    before = sorted((path, path.stat().st_mtime_ns) for path in home.rglob("*.tracker.jsonl"))
    assert [with_runs.ask("/runs/a", method=method).status for method in ("POST", "PUT", "DELETE")] == [405] * 3
    assert before == sorted((path, path.stat().st_mtime_ns) for path in home.rglob("*.tracker.jsonl"))


def test_a_live_run_shows_power_forecast_and_budget(tmp_path: Path) -> None:
    """At step 50 of 200 after half an hour: 1 h 30 min to go; 0.3 kWh are half of 0.6."""
    began = datetime.now(UTC) - timedelta(minutes=30)
    folder = write_run(tmp_path, "live", name="llm", status=None, started=began)
    _let_it_go_on(folder, began.timestamp())
    with service(home=tmp_path) as found:
        page = found.get("/runs").text
        one = found.get("/runs/live").text
    for shown in map(text_of, (page, one)):
        assert "running for 30 min" in shown
        assert "accelerators 300 W 150 Wh" in shown
        assert "step 50 of 200, 1 h 30 min to go" in shown
        assert "50 % of a budget of 0.6 kWh" in shown
    assert 'data-live="live"' in page


def _let_it_go_on(folder: Path, began: float) -> None:
    """Keep the first half hour of its journals, and say that its process, this one, goes on."""
    import os

    for path in folder.iterdir():
        records = [json.loads(line) for line in path.read_text().splitlines()]
        kept = [
            record
            for record in records
            if datetime.fromisoformat(record["t"]).timestamp() <= began + 1800 and record["type"] != "end"
        ]
        if "tracker" in path.name:
            kept[0] |= {"pid": os.getpid(), "total_steps": 200, "budget": {"kwh": 0.6}}
            kept.append(
                {
                    **kept[0],
                    "type": "log",
                    "t": datetime.fromtimestamp(began + 1790, UTC).isoformat(),
                    "values": {"step": 50},
                }
            )
        path.write_text("".join(json.dumps(record) + "\n" for record in kept))
        os.utime(path, (time.time(), time.time()))


def test_power_over_time_has_axes_and_spans(tmp_path: Path) -> None:
    """300 W at most, with 5 % above; an hour of 60 min; a span of half of it has its name, one of a minute has none."""
    write_run(tmp_path, "a", spans=[("epoch", 0, 1800), ("a check", 1800, 1860)])
    with service(home=tmp_path) as found:
        plot = found.get("/runs/a").text.partition('<div class="plot"')[2].partition("<table")[0]
    ticks = re.findall(r'<text x="([^"]*)" y="([^"]*)"[^>]*>([^<]*)<', plot)
    assert [(y, words) for x, y, words in ticks if x == "100%"] == [
        ("100.00%", "0"), ("68.25%", "100"), ("36.51%", "200"), ("4.76%", "300 W")
    ]  # fmt: skip
    assert [words for _, y, words in ticks if y == "14"] == ["0", "20", "40", "60 min"]
    assert re.findall(r'<svg x="([^"]*)" width="([^"]*)"[^>]*><title>([^<]*)<', plot) == [
        ("0.00%", "50.00%", "epoch, 30 min 00 s"), ("50.00%", "1.67%", "a check, 1 min 00 s")
    ]  # fmt: skip
    assert re.findall(r'<text class="[^"]*"[^>]*>([^<]*)<', plot) == ["epoch"]


def test_power_of_two_readings_is_told_in_words(tmp_path: Path) -> None:
    """Nothing is drawn of them; hardware and place have the names of the report."""
    folder = write_run(tmp_path, "a")
    (journal,) = folder.glob("*.meter.jsonl")
    start, *samples, end = journal.read_text().splitlines()
    journal.write_text("\n".join((start, samples[29], end)) + "\n")
    with service(home=tmp_path) as found:
        page = found.get("/runs/a").text
    assert '<div class="plot"' not in page
    shown = text_of(page)
    assert "Mean power over" in shown
    assert "hardware 1 x NVIDIA Tesla V100 SXM2 16GB" in shown
    assert "place France (FR)" in shown
