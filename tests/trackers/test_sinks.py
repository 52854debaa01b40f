"""Sinks: what trackers get of a run, read back by their own libraries, and that they never harm the training."""

import http.server
import json
import os
import socket
import sqlite3
import subprocess
import sys
import threading
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import greentrain
from greentrain import GreentrainWarning, InputError, UnknownName
from greentrain.cli import run as command

ENERGIES = ("greentrain/energy_kwh", "greentrain/co2e_kg", "greentrain/power_w")
KNOWN = {"grid_intensity": 100, "pue": 1.5, "location": "FR"}


@pytest.fixture
def recording(tmp_path: Path) -> str:
    """A meter that reads 3.6 kW: 1 Wh each second."""
    path = tmp_path / "power.jsonl"
    path.write_text('{"seconds": 0, "gpu_w": 3600}\n')
    return f"replay:{path}"


def tracked(tmp_path: Path, meter: str, sinks: Any, seconds: float = 3.2, **more: Any) -> dict[str, Any]:
    """Track a run; give its record."""
    with greentrain.track("bert", home=tmp_path / "home", meter=meter, sinks=sinks, quiet=True, **KNOWN, **more) as run:
        run.log(step=7, loss=0.5)
        time.sleep(seconds)
    return run.record


class Taken:
    """A sink of the user's: keeps what it gets."""

    def __init__(self, error: BaseException | None = None) -> None:
        self.values: list[tuple[dict[str, float], int | None]] = []
        self._error = error

    def log(self, values: dict[str, float], step: int | None = None) -> None:
        """Keep values."""
        if self._error is not None:
            raise self._error
        self.values.append((values, step))


@pytest.mark.timing
def test_an_object_gets_live_values_and_the_result(tmp_path: Path, recording: str) -> None:
    """Totals since the start at the training's step; the last is the result with its interval.

    3.6 kW for a second are 0.001 kWh; times the PUE 1.5 and 100 g/kWh it is 0.00015 kg.
    """
    taken = Taken()
    record = tracked(tmp_path, recording, [taken])
    (live, step), (last, _) = taken.values[0], taken.values[-1]

    assert step == 7
    assert live["greentrain/power_w"] == pytest.approx(3600)
    assert 0.001 < live["greentrain/energy_kwh"] < 0.0032
    assert live["greentrain/co2e_kg"] / live["greentrain/energy_kwh"] == pytest.approx(0.15, rel=0.01)
    assert "greentrain/co2e_low_kg" not in live
    footprint = record["measurement"]
    assert last["greentrain/energy_kwh"] == footprint["it_energy_kwh"]["best"]
    assert [last[f"greentrain/co2e_{end}kg"] for end in ("low_", "", "high_")] == [
        *footprint["operational_kg"].values()
    ]
    assert last["greentrain/pue"] == 1.5
    assert last["greentrain/j_per_step"] == pytest.approx(last["greentrain/energy_kwh"] * 3.6e6 / 7)


@pytest.mark.parametrize("error", [OSError("no route"), SystemExit(3), KeyboardInterrupt()])
def test_a_sink_that_fails_harms_nothing(tmp_path: Path, error: BaseException) -> None:
    """The other one gets its values, the training its end; one line names the sink and why."""
    taken = Taken()
    with pytest.warns(GreentrainWarning) as caught:
        record = tracked(tmp_path, "none", [Taken(error), taken], seconds=0, gpu="V100")
    assert [str(warning.message) for warning in caught] == [
        f"greentrain: the sink Taken: {error if str(error) else type(error).__name__}"
    ]
    assert len(taken.values) == 1
    assert record["status"] == "completed"


def test_a_sink_that_hangs_costs_a_moment_at_the_end(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Five seconds at most, and a line."""
    go_on = threading.Event()

    class Slow(Taken):
        def log(self, values: dict[str, float], step: int | None = None) -> None:
            go_on.wait(30)

    began = time.monotonic()
    with pytest.warns(GreentrainWarning, match="the sink Slow: still busy after 5 s"):
        tracked(tmp_path, "none", [Slow()], seconds=0, gpu="V100")
    assert time.monotonic() - began < 20
    go_on.set()


@pytest.mark.parametrize(
    ("sinks", "message"),
    [
        (["wandbb"], "sinks 'wandbb': must be wandb, mlflow, trackio, tensorboard, otlp, prometheus or an object with "
         "log(values, step); did you mean wandb?"),
        (["prometheus"], "sinks 'prometheus': needs a file or a port of this computer behind it: "
         "prometheus:energy.prom, prometheus:9477"),
        (7, "sinks 7: must be wandb, mlflow, trackio, tensorboard, otlp, prometheus or an object with "
         "log(values, step)"),
    ],
)  # fmt: skip
def test_a_wrong_sink_is_refused_before_the_training(sinks: Any, message: str) -> None:
    """With the names that there are."""
    with pytest.raises((InputError, UnknownName)) as caught:
        greentrain.track(sinks=sinks)
    assert str(caught.value) == message


def test_a_wrong_sink_on_the_command_line(capsys: pytest.CaptureFixture[str]) -> None:
    """By its option's name."""
    assert command(["track", "--sink", "prometheus", "--", "true"]) == 2
    assert capsys.readouterr().err.startswith("greentrain: --sink 'prometheus': needs a file or a port")


def test_no_run_of_the_tracker_is_told(tmp_path: Path) -> None:
    """W&B, MLflow and trackio take values for a run of the training's own."""
    for name in ("wandb", "trackio"):
        pytest.importorskip(name, reason=f"{name} is not installed")
    with pytest.warns(GreentrainWarning) as caught:
        tracked(tmp_path, "none", ["wandb", "trackio"], seconds=0, gpu="V100")
    assert [str(warning.message) for warning in caught] == [
        "greentrain: the sink wandb: no run is active: call wandb.init() before the run ends",
        "greentrain: the sink trackio: no run is active: call trackio.init() before the run ends",
    ]


@pytest.mark.slow
def test_wandb(tmp_path: Path, recording: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Offline: the summary holds the result, the raw file the names; the training's steps are its own."""
    wandb = pytest.importorskip("wandb", reason="wandb is not installed")
    monkeypatch.setenv("WANDB_MODE", "offline")
    monkeypatch.setenv("WANDB_SILENT", "true")
    run = wandb.init(project="p", dir=str(tmp_path))
    with greentrain.track("b", home=tmp_path / "h", meter=recording, sinks=["wandb"], quiet=True, **KNOWN) as tracked:
        run.log({"loss": 1.0})
        time.sleep(3.2)
        run.log({"loss": 0.5})
        step = run.step
    summary = {name: run.summary[name] for name in ENERGIES}
    expected = tracked.record["measurement"]
    run.finish()
    wandb.teardown()

    assert step == 2
    assert summary["greentrain/co2e_kg"] == expected["operational_kg"]["best"]
    (raw,) = tmp_path.glob("wandb/offline-run-*/*.wandb")
    assert all(name.encode() in raw.read_bytes() for name in ENERGIES)


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")  # what MLflow's own dependencies say of each other
def test_mlflow(tmp_path: Path, recording: str) -> None:
    """In a store of SQLite: metrics at the training's step, the place as a tag."""
    mlflow = pytest.importorskip("mlflow", reason="mlflow is not installed")
    pytest.importorskip("sqlalchemy", reason="MLflow keeps SQLite by SQLAlchemy")
    store = f"sqlite:///{tmp_path / 'mlflow.db'}"
    mlflow.set_tracking_uri(store)
    try:
        with mlflow.start_run() as active:
            record = tracked(tmp_path, recording, ["mlflow"])
        found = mlflow.get_run(active.info.run_id).data
    except (ImportError, mlflow.exceptions.MlflowException) as error:
        pytest.skip(f"this MLflow keeps no SQLite: {error}")

    assert {*ENERGIES} <= found.metrics.keys()
    assert found.metrics["greentrain/co2e_kg"] == record["measurement"]["operational_kg"]["best"]
    assert found.tags["greentrain.place"] == "FR"
    with sqlite3.connect(tmp_path / "mlflow.db") as connection:
        steps = connection.execute("select distinct step from metrics where key = 'greentrain/energy_kwh'").fetchall()
    assert steps == [(7,)]


TRAINING_WITH_TRACKIO = """
import sys, time, greentrain, trackio
trackio.init(project="p", embed=False)
home, meter = sys.argv[1:]
with greentrain.track("b", home=home, meter=meter, sinks=["trackio"], quiet=True, location="FR", grid_intensity=100):
    trackio.log({"loss": 1.0})
    time.sleep(3.2)
    trackio.log({"loss": 0.5})
trackio.finish()
"""


@pytest.mark.slow
def test_trackio(tmp_path: Path, recording: str) -> None:
    """In its database: the names, and the training's steps as they would be without us.

    A process of its own, since trackio looks for its folder when it is loaded.
    """
    pytest.importorskip("trackio", reason="trackio is not installed")
    environment = os.environ | {"TRACKIO_DIR": str(tmp_path / "trackio")}
    program = [sys.executable, "-c", TRAINING_WITH_TRACKIO, str(tmp_path / "h"), recording]
    done = subprocess.run(program, env=environment, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    rows: list[tuple[int, dict[str, Any]]] = []
    for path in (tmp_path / "trackio").rglob("*.db"):
        with sqlite3.connect(path) as connection:
            found = connection.execute("select step, metrics from metrics").fetchall()
        rows += [(step, json.loads(text)) for step, text in found]

    assert any({*ENERGIES} <= values.keys() for _, values in rows)
    assert sorted(step for step, values in rows if "loss" in values) == [0, 1]


@pytest.mark.slow
def test_tensorboard(tmp_path: Path, recording: str) -> None:
    """Event files, read back record by record."""
    pytest.importorskip("tensorboardX", reason="tensorboardX is not installed")
    from tensorboardX.event_file_writer import EventsWriter  # noqa: F401 -- the library is whole
    from tensorboardX.proto.event_pb2 import Event

    record = tracked(tmp_path, recording, [f"tensorboard:{tmp_path / 'logs'}"])
    (path,) = (tmp_path / "logs").glob("events.out.tfevents.*")
    scalars: dict[str, list[tuple[int, float]]] = {}
    for content in records(path.read_bytes()):
        event = Event.FromString(content)
        for value in event.summary.value:
            scalars.setdefault(value.tag, []).append((event.step, value.simple_value))

    assert {*ENERGIES} <= scalars.keys()
    assert scalars["greentrain/co2e_kg"][-1] == (7, pytest.approx(record["measurement"]["operational_kg"]["best"]))
    assert any(tag.startswith("greentrain/run") for tag in scalars)


def records(content: bytes) -> Iterator[bytes]:
    """Yield the records of an event file: length, its checksum, content, its checksum."""
    while content:
        length = int.from_bytes(content[:8], "little")
        yield content[12 : 12 + length]
        content = content[16 + length :]


@pytest.fixture
def collector() -> Iterator[tuple[str, list[bytes]]]:
    """A collector of OTLP on loopback; keeps what is posted to it."""
    posted: list[bytes] = []

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            posted.append(self.rfile.read(int(self.headers["Content-Length"])))
            self.send_response(200)
            self.end_headers()

        def log_message(self, *_: Any) -> None:
            """Stay silent."""

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}", posted
    server.shutdown()
    server.server_close()


@pytest.mark.slow
def test_otlp(tmp_path: Path, recording: str, collector: tuple[str, list[bytes]]) -> None:
    """By the names and units of the conventions, cumulative; 1 Wh are 3,600 J."""
    pytest.importorskip("opentelemetry.sdk", reason="opentelemetry-sdk is not installed")
    pytest.importorskip("opentelemetry.exporter.otlp.proto.http", reason="the exporter of OTLP is not installed")
    import gzip

    from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import ExportMetricsServiceRequest

    url, posted = collector
    record = tracked(tmp_path, recording, [f"otlp:{url}"])
    body = gzip.decompress(posted[-1]) if posted[-1][:2] == b"\x1f\x8b" else posted[-1]
    (found,) = ExportMetricsServiceRequest.FromString(body).resource_metrics
    metrics = {item.name: item for scope in found.scope_metrics for item in scope.metrics}
    resource = {item.key: item.value.string_value for item in found.resource.attributes}

    assert {name: item.unit for name, item in metrics.items()} == {
        "hw.host.energy": "J", "hw.host.power": "W", "greentrain.co2e": "kg",
    }  # fmt: skip
    energy = metrics["hw.host.energy"].sum
    assert (energy.is_monotonic, energy.aggregation_temporality) == (True, 2)
    expected = record["measurement"]["it_energy_kwh"]["best"]
    assert energy.data_points[0].as_double == pytest.approx(expected * 3.6e6)
    assert (resource["service.name"], resource["greentrain.run.id"]) == ("bert", record["id"])


@pytest.mark.slow
def test_a_collector_that_is_not_there_is_told(tmp_path: Path) -> None:
    """On a port where nothing listens; the run is as it would be."""
    pytest.importorskip("opentelemetry.exporter.otlp.proto.http", reason="the exporter of OTLP is not installed")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    with pytest.warns(GreentrainWarning, match="the sink otlp: "):
        record = tracked(tmp_path, "none", [f"otlp:http://127.0.0.1:{port}"], seconds=0, gpu="V100")
    assert record["status"] == "completed"


@pytest.mark.slow
def test_prometheus_by_text_file(tmp_path: Path, recording: str) -> None:
    """Base units; counters end in ``_total``, and neither has a run's id."""
    client = pytest.importorskip("prometheus_client.parser", reason="prometheus_client is not installed")
    path = tmp_path / "energy.prom"
    record = tracked(tmp_path, recording, [f"prometheus:{path}"])
    samples = {
        sample.name: (sample.labels, sample.value)
        for family in client.text_string_to_metric_families(path.read_text())
        for sample in family.samples
    }

    expected = record["measurement"]["energy_kwh"]["gpu"]
    assert samples["greentrain_energy_joules_total"] == ({"component": "gpu"}, pytest.approx(expected * 3.6e6))
    assert samples["greentrain_co2e_grams_total"] == (
        {}, pytest.approx(record["measurement"]["operational_kg"]["best"] * 1000),
    )  # fmt: skip
    assert samples["greentrain_grid_intensity_grams_per_kwh"] == ({}, 100)
    assert samples["greentrain_run_info"][0] == {"run": record["id"], "place": "FR", "version": greentrain.__version__}


@pytest.mark.timing
def test_prometheus_by_scrape(tmp_path: Path, recording: str) -> None:
    """While the run goes on, at a port of this computer alone."""
    pytest.importorskip("prometheus_client", reason="prometheus_client is not installed")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    with greentrain.track(home=tmp_path / "h", meter=recording, sinks=f"prometheus:{port}", quiet=True, **KNOWN):
        deadline, page = time.monotonic() + 20, ""
        while "greentrain_power_watts{" not in page and time.monotonic() < deadline:
            time.sleep(0.5)
            try:
                with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=5) as answer:
                    page = answer.read().decode()
            except OSError:
                continue
    assert 'greentrain_power_watts{component="gpu"} 3600.0' in page


def test_the_user_is_recorded_if_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """By ``track``, else by the environment; nobody is guessed."""
    found = []
    for number, (variable, user) in enumerate((("", None), ("ada", None), ("ada", "bob"))):
        monkeypatch.setenv("GREENTRAIN_USER", variable)
        home = tmp_path / str(number)
        with greentrain.track("a", home=home, meter="none", quiet=True, user=user):
            pass
        found += [run.user for run in greentrain.History(home).runs()]
    assert found == [None, "ada", "bob"]
