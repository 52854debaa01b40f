"""Series of monitoring as tools export them: VictoriaMetrics, promtool, Grafana, MLflow's page: 300 W and 200 W."""

import json
from pathlib import Path

import pytest
from foreign_texts import audit_of, runs_of

BEGAN = 1777795200
"""2026-05-03, 8:00 UTC. [s]"""

MOMENTS = [BEGAN + 30 * step for step in range(11)]
BOARDS = ((0, 300), (1, 200))
LABELS = 'gpu="{0}", UUID="GPU-1111111{0}-1111-1111-1111-111111111111"'
CLOCK = [f"2026-05-03 08:{30 * step // 60:02d}:{30 * step % 60:02d}" for step in range(11)]


def labels(board: int, metric: str = "DCGM_FI_DEV_POWER_USAGE") -> dict[str, str]:
    """Give the labels of a series of one board."""
    return {"__name__": metric, "gpu": str(board), "UUID": f"GPU-1111111{board}-1111-1111-1111-111111111111"}


def export(metric: str, values: list[list[float]]) -> str:
    """Write what VictoriaMetrics exports, a line for each board."""
    times = [moment * 1000 for moment in MOMENTS]
    rows = ({"metric": labels(at, metric), "values": each, "timestamps": times} for at, each in enumerate(values))
    return "\n".join(map(json.dumps, rows))


def table(header: str, row: str) -> str:
    """Write a table with a row every 30 s."""
    return "\n".join([header, *(row.format(clock=clock, at=at) for clock, at in zip(CLOCK, MOMENTS, strict=True))])


GRAFANA = (
    'Time,"DCGM_FI_DEV_POWER_USAGE{gpu=""0"", Hostname=""n1""}","DCGM_FI_DEV_POWER_USAGE{gpu=""1"", Hostname=""n1""}"'
)


@pytest.mark.parametrize(
    "text",
    [
        pytest.param(export("DCGM_FI_DEV_POWER_USAGE", [[300] * 11, [200] * 11]), id="VictoriaMetrics"),
        pytest.param(
            export("DCGM_FI_DEV_TOTAL_ENERGY_CONSUMPTION", [[w * 30_000 * at for at in range(11)] for w in (300, 200)]),
            id="VictoriaMetrics, counters in millijoules",
        ),
        pytest.param(
            "".join(f'{{__name__="DCGM_FI_DEV_POWER_USAGE", {LABELS.format(at)}}} {watts} {moment}000\n'
                    for at, watts in BOARDS for moment in MOMENTS),
            id="promtool tsdb dump",
        ),
        pytest.param(
            "".join(f"DCGM_FI_DEV_POWER_USAGE{{{LABELS.format(at)}}} =>\n"
                    + "".join(f"{watts} @[{moment}]\n" for moment in MOMENTS) for at, watts in BOARDS),
            id="promtool query range",
        ),
        pytest.param(table(GRAFANA, "{clock},300,200"), id="Grafana"),
        pytest.param("sep=,\n" + table(GRAFANA, "{clock},0.3 kW,200 W"), id="Grafana for a spreadsheet, with units"),
        pytest.param(
            table('"Time","{gpu=""0"", instance=""n1:9400""}","{gpu=""1"", instance=""n1:9400""}"', "{at}000,300,200"),
            id="Grafana, labels alone",
        ),
    ],
)  # fmt: skip
def test_energy_of_series(tmp_path: Path, text: str) -> None:
    """500 W for five minutes are 150 kJ."""
    (run,) = runs_of(tmp_path, text)
    assert (run.stated.measured_energy_kwh or 0) * 3.6e6 == pytest.approx(150_000)
    assert (run.stated.duration_seconds, run.stated.started, run.stated.boundary) == (300, BEGAN, "accelerator")
    assert sum(run.stated.accelerators.values()) == 2


@pytest.mark.parametrize(
    "text",
    [
        pytest.param(
            "run_id,key,value,step,timestamp\n"
            + "".join(f"abc,system/gpu_{at}_power_usage_watts,{watts},{moment},{moment}000\n"
                      for at, watts in BOARDS for moment in MOMENTS),
            id="the page of a metric",
        ),
        pytest.param(
            "Run,Run ID,metric,step,timestamp,value\n"
            + "".join(f"bert,abc,system/gpu_{at}_power_usage_watts,1,{moment}000,{watts}\n"
                      for at, watts in BOARDS for moment in MOMENTS),
            id="names of runs",
        ),
        pytest.param(
            json.dumps([{"run_id": "abc", "key": f"system/node_0/gpu_{at}_power_usage_watts", "value": watts,
                         "timestamp": moment * 1000} for at, watts in BOARDS for moment in MOMENTS]),
            id="a list",
        ),
    ],
)  # fmt: skip
def test_metrics_that_mlflow_exports(tmp_path: Path, text: str) -> None:
    """The run is that of its file store and its database."""
    (run,) = runs_of(tmp_path, text)
    assert (run.stated.measured_energy_kwh or 0) * 3.6e6 == pytest.approx(150_000)
    assert run.stated.key == "mlflow:abc"


def matrix(*series: tuple[dict[str, str], float]) -> str:
    """Write Prometheus' answer to a range query, a counter of so many watts each."""
    result = [
        {"metric": labels, "values": [[moment, str(watts * 30 * at)] for at, moment in enumerate(MOMENTS)]}
        for labels, watts in series
    ]
    return json.dumps({"status": "success", "data": {"resultType": "matrix", "result": result}}, indent=1)


def test_zones_of_keplers_processors(tmp_path: Path) -> None:
    """A package and its memory, 120 W for 300 s; cores are parts of the package."""
    zones = (("package", 100), ("dram", 20), ("core", 60))
    (run,) = runs_of(tmp_path, matrix(*(({"__name__": "kepler_node_cpu_joules_total", "zone": zone}, watts)
                                        for zone, watts in zones)))  # fmt: skip
    assert {part: kwh * 3.6e6 for part, kwh in run.stated.energy_kwh.items()} == pytest.approx(
        {"cpu": 30_000, "memory": 6_000}
    )


@pytest.mark.parametrize(("has_node", "joules"), [(True, 30_000), (False, 21_000)])
def test_shares_of_a_nodes_energy(tmp_path: Path, *, has_node: bool, joules: float) -> None:
    """Two pods, 40 W and 30 W: what their node drew holds them; without it they are added up."""
    pods = [({"__name__": "kepler_pod_cpu_joules_total", "pod_name": pod, "zone": "package"}, watts)
            for pod, watts in (("a", 40), ("b", 30))]  # fmt: skip
    node = [({"__name__": "kepler_node_cpu_joules_total", "zone": "package"}, 100.0)] if has_node else []
    (run,) = runs_of(tmp_path, matrix(*pods, *node))
    assert (run.stated.measured_energy_kwh or 0) * 3.6e6 == pytest.approx(joules)


def test_a_sum_without_a_name_is_said(tmp_path: Path) -> None:
    """What `sum(...)` states is not known."""
    (file,) = audit_of(tmp_path, matrix(({}, 500))).files
    note = "A series names neither its metric nor a device: query the metric itself, without a sum over it."
    assert (file.runs, [*file.notes]) == (0, [note])


def of_powers(*series: tuple[dict[str, str], int, int, int]) -> str:
    """Write Prometheus' answer of series: labels, watts, the first step of 30 s and the last."""
    result = [
        {"metric": labels, "values": [[BEGAN + 30 * step, str(watts)] for step in range(first, last + 1)]}
        for labels, watts, first, last in series
    ]
    return json.dumps({"status": "success", "data": {"resultType": "matrix", "result": result}})


POD, OTHER_POD = labels(0) | {"exported_pod": "a"}, labels(0) | {"exported_pod": "b"}
IPMI, SUPPLIES = {"__name__": "ipmi_dcmi_power_consumption_watts", "instance": "n1:9290"}, "ipmi_power_watts"


@pytest.mark.parametrize(
    ("text", "joules", "seconds"),
    [
        pytest.param(of_powers((POD, 300, 0, 10), (OTHER_POD, 200, 11, 20)), 151_500, 600, id="in turn"),
        pytest.param(
            of_powers((OTHER_POD, 200, 11, 20), (POD, 300, 0, 10)), 151_500, 600, id="in any order"
        ),
        pytest.param(of_powers((POD, 300, 0, 10), (OTHER_POD, 300, 5, 20)), 180_000, 600, id="both at one time"),
        pytest.param(of_powers((POD, 300, 0, 10), (OTHER_POD, 300, 0, 10)), 90_000, 300, id="twice"),
        pytest.param(
            of_powers(*(({"__name__": "pdu_outlet_power_watts", "instance": "pdu", "outlet": name}, watts, 0, 10)
                        for name, watts in (("1", 300), ("2", 200)))), 150_000, 300, id="outlets",
        ),
        pytest.param(
            of_powers(*(({"__name__": SUPPLIES, "instance": "n1:9290", "name": f"PS{at} Input Power"}, 150, 0, 10)
                        for at in (1, 2))), 90_000, 300, id="two supplies",
        ),
        pytest.param(
            of_powers(*(({"__name__": SUPPLIES, "instance": "n1:9290", "name": f"PS{at} Input Power"}, 160, 0, 10)
                        for at in (1, 2)), (IPMI, 300, 0, 10)), 90_000, 300, id="two supplies and the whole",
        ),
    ],
)  # fmt: skip
def test_series_of_one_device(tmp_path: Path, text: str, joules: float, seconds: float) -> None:
    """A device counts once at any time, and all the time that any of its series states."""
    (run,) = runs_of(tmp_path, text)
    assert (run.stated.measured_energy_kwh or 0) * 3.6e6 == pytest.approx(joules)
    assert run.stated.duration_seconds == pytest.approx(seconds)


@pytest.mark.parametrize("is_turned", [False, True])
def test_a_counter_in_several_series(tmp_path: Path, *, is_turned: bool) -> None:
    """From 0 to 3,000 J and, a step later, from 3,300 to 6,000 J, whichever series stands first."""
    result = [
        {"metric": labels(0, "DCGM_FI_DEV_TOTAL_ENERGY_CONSUMPTION") | {"pod": pod},
         "values": [[BEGAN + 30 * step, str(300_000 * step)] for step in steps]}
        for pod, steps in (("a", range(11)), ("b", range(11, 21)))
    ]  # fmt: skip
    answer = {"resultType": "matrix", "result": result[::-1] if is_turned else result}
    (run,) = runs_of(tmp_path, json.dumps({"status": "success", "data": answer}))
    assert (run.stated.measured_energy_kwh or 0) * 3.6e6 == pytest.approx(6000)
    assert run.stated.duration_seconds == pytest.approx(600)
