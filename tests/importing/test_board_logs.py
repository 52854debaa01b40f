"""Accelerators' powers as JSON of tools and loggers, and in the pages that nvidia-smi prints: 300 W and 200 W."""

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest
from foreign_texts import audit_of, runs_of

BEGAN = datetime(2026, 5, 3, 8, tzinfo=UTC).timestamp()
STAMPS = [datetime.fromtimestamp(BEGAN + second, UTC) for second in range(11)]
ISO = [f"{stamp:%Y-%m-%dT%H:%M:%SZ}" for stamp in STAMPS]
BOARDS = ((0, 300), (1, 200))
OLD_PAGE = """==============NVSMI LOG==============
Timestamp                                 : {stamp:%a %b %e %H:%M:%S %Y}
Attached GPUs                             : 2
GPU 00000000:07:00.0
    Product Name                          : NVIDIA A100-SXM4-80GB
    Power Readings
        Power Draw                        : 300.00 W
        Power Limit                       : 400.00 W
GPU 00000000:0F:00.0
    Product Name                          : NVIDIA A100-SXM4-80GB
    Power Readings
        Power Draw                        : 200.00 W
        Power Limit                       : 400.00 W
"""
NEW_PAGE = """==============NVSMI LOG==============
Timestamp                                 : {stamp:%a %b %e %H:%M:%S %Y}
GPU 00000000:07:00.0
    GPU UUID                              : GPU-11111111-1111-1111-1111-111111111111
    GPU Power Readings
        Average Power Draw                : 500.00 W
        Instantaneous Power Draw          : 505.00 W
        Current Power Limit               : 700.00 W
    GPU Memory Power Readings
        Average Power Draw                : 90.00 W
    Module Power Readings
        Average Power Draw                : 900.00 W
"""
XML = """<nvidia_smi_log>
	<timestamp>{stamp:%a %b %e %H:%M:%S %Y}</timestamp>
	<gpu id="00000000:07:00.0">
		<product_name>NVIDIA A100-SXM4-80GB</product_name>
		<gpu_power_readings>
			<power_draw>500.00 W</power_draw>
			<current_power_limit>700.00 W</current_power_limit>
		</gpu_power_readings>
	</gpu>
</nvidia_smi_log>
"""
TABLE = """{stamp:%a %b %e %H:%M:%S %Y}
| NVIDIA-SMI 470.57.02    Driver Version: 470.57.02    CUDA Version: 11.4     |
|   0  Tesla V100-SXM2...  On   | 00000000:00:1E.0 Off |                    0 |
| N/A   30C    P0   300W / 300W |   1000MiB / 16160MiB |     99%      Default |
|   1  Tesla V100-SXM2...  On   | 00000000:00:1F.0 Off |                    0 |
| N/A   30C    P0   200W / 300W |   1000MiB / 16160MiB |     99%      Default |
"""


def lines(*items: object, indent: int | None = None) -> str:
    """Write values one after the other."""
    return "\n".join(json.dumps(item, indent=indent) for item in items)


def gpustat(iso: str) -> dict[str, object]:
    """Give what `gpustat --json` prints."""
    boards = [{"index": at, "uuid": f"GPU-{at}", "name": "NVIDIA A100-SXM4-80GB", "power.draw": watts,
               "enforced.power.limit": 400, "processes": [{"pid": 1}]} for at, watts in BOARDS]  # fmt: skip
    return {"hostname": "n1", "query_time": iso, "gpus": boards}


def amd(second: int) -> list[dict[str, object]]:
    """Give what `amd-smi metric --power --json` prints."""
    return [
        {"timestamp": int(BEGAN) + second, "gpu": at, "power": {"socket_power": {"value": watts, "unit": "W"}}}
        for at, watts in BOARDS
    ]


@pytest.mark.parametrize(
    "text",
    [
        pytest.param(lines(*map(gpustat, ISO), indent=4), id="gpustat"),
        pytest.param(lines(*map(amd, range(11)), indent=2), id="amd-smi, a list after the other"),
        pytest.param(lines(*({"gpu_data": amd(second)} for second in range(11))), id="newer amd-smi"),
        pytest.param(
            lines(*({"timestamp": iso, "gpu": at, "power_w": watts} for iso in ISO for at, watts in BOARDS)),
            id="an object for each reading",
        ),
        pytest.param(
            lines([{"timestamp": iso, "gpu": at, "power_mw": watts * 1000} for iso in ISO for at, watts in BOARDS]),
            id="one list of readings",
        ),
        pytest.param(lines(*({"ts": iso, "gpu_power_w": [300, 200]} for iso in ISO)), id="a list of powers"),
        pytest.param(
            lines(*({"timestamp": iso} | {f"card{at}": {"Average Graphics Package Power (W)": f"{watts}.0"}
                                          for at, watts in BOARDS} for iso in ISO)),
            id="rocm-smi with times",
        ),
        pytest.param("".join(OLD_PAGE.format(stamp=stamp) for stamp in STAMPS), id="nvidia-smi -q"),
        pytest.param("".join(NEW_PAGE.format(stamp=stamp) for stamp in STAMPS), id="newer nvidia-smi -q"),
        pytest.param("".join(XML.format(stamp=stamp) for stamp in STAMPS), id="nvidia-smi -q -x"),
        pytest.param("".join(TABLE.format(stamp=stamp) for stamp in STAMPS), id="nvidia-smi -l"),
    ],
)  # fmt: skip
def test_energy_of_boards(tmp_path: Path, text: str) -> None:
    """500 W for ten seconds are 5,000 J, of boards and not of their limits, memories or modules."""
    (run,) = runs_of(tmp_path, text)
    assert (run.stated.measured_energy_kwh or 0) * 3.6e6 == pytest.approx(5000)
    assert (run.stated.duration_seconds, run.stated.started, run.stated.boundary) == (10, BEGAN, "accelerator")


def test_names_of_boards_in_pages(tmp_path: Path) -> None:
    """Two boards of one type."""
    (run,) = runs_of(tmp_path, "".join(OLD_PAGE.format(stamp=stamp) for stamp in STAMPS))
    assert run.stated.accelerators == {"NVIDIA A100-SXM4-80GB": 2}


def test_a_total_is_no_number_of_boards(tmp_path: Path) -> None:
    """The power of all is said to be that of one."""
    text = "\n".join(["timestamp,total_gpu_power_w,gpu_util", *(f"{iso},300,90" for iso in ISO)])
    (run,) = runs_of(tmp_path, text)
    note = "It states the power of its accelerators together, and not how many they are: it is taken as that of one."
    assert note in run.stated.notes


@pytest.mark.parametrize("text", ["[" * 100_000, '{"gpu": [' * 50_000, '{"gpus": [{}], "power_w": {}}', "[1, 2"])
def test_hostile_json(tmp_path: Path, text: str) -> None:
    """What is nested without end or holds nothing is an error, and no fault."""
    (file,) = audit_of(tmp_path, text).files
    assert file.error is not None


def test_objects_that_differ_in_what_they_state(tmp_path: Path) -> None:
    """A name that comes later does not end the reading: 300 W for ten seconds, of one board."""
    items = [
        {"timestamp": iso, "gpu": 0, "power_w": 300} | ({"hostname": "n1"} if not at else {})
        for at, iso in enumerate(ISO)
    ]
    (run,) = runs_of(tmp_path, lines(*items[1:], items[0] | {"timestamp": ISO[10], "power_w": 0}))
    assert (run.stated.measured_energy_kwh or 0) * 3.6e6 == pytest.approx(2700)
