"""What is suspect is kept, printed and in the totals; what cannot be is in none; of some nothing can be checked."""

from pathlib import Path

import pytest
from foreign_texts import audit_of, codecarbon_text, runs_of, sacct_text

from greentrain.importing import FLAGS, import_runs

OF_FOUR = {"AllocTRES": "cpu=8,node=1,gres/gpu:a100=4"}


@pytest.mark.parametrize(
    ("row", "reasons"),
    [
        ({}, []),
        ({"gpu_energy": "0.408", "energy_consumed": "0.468"}, []),
        (
            {"gpu_energy": "0.41", "energy_consumed": "0.47"},
            ["The accelerators drew 410 W on average, more than 408 W is rare."],
        ),
        ({"gpu_energy": "0.006833333", "cpu_energy": "0", "ram_energy": "0", "energy_consumed": "0.006833333",
          "duration": "60", "emissions": ""}, []),
        (
            {"gpu_model": "1 x Own", "gpu_energy": "1.2", "energy_consumed": "1.26", "emissions": "0.07"},
            ["The accelerators drew 1,200 W on average, more than 1,000 W is rare."],
        ),
        (
            {"gpu_energy": "0.03", "energy_consumed": "0.09", "emissions": "0.004"},
            ["The accelerators drew 30.0 W on average, 40.0 W is idle."],
        ),
        (
            {"cpu_model": "Intel(R) Xeon(R) Gold 6148 CPU @ 2.40GHz", "cpu_energy": "0.4", "energy_consumed": "0.71",
             "emissions": "0.03"},
            ["The CPUs drew 400 W on average, more than 360 W is rare."],
        ),
        (
            {"ram_total_size": "64", "ram_energy": "0.05", "energy_consumed": "0.4"},
            ["The memory drew 50.0 W on average, more than 38.4 W is rare."],
        ),
        ({"ram_total_size": "16", "ram_energy": "0.02", "energy_consumed": "0.37"}, []),
        (
            {"emissions": "0.05"},
            ["Its emissions imply 139 g CO2e/kWh; FR has 40.3 in a year."],
        ),
        (
            {"emissions": "0.005"},
            ["Its emissions imply 13.9 g CO2e/kWh; FR has 40.3 in a year."],
        ),
        ({"emissions": "0.05", "country_name": "", "country_iso_code": ""}, []),
        ({"emissions": "0"}, []),
        ({"energy_consumed": "0.3600001"}, []),
        ({"energy_consumed": "0.375"}, ["The parts and the total differ by 4.00 %."]),
        ({"ram_energy": "", "energy_consumed": "0.375"}, []),
        ({"ram_energy": "", "energy_consumed": "0.3"}, ["The parts and the total differ by 16.7 %."]),
    ],
)  # fmt: skip
def test_limits_of_a_row(tmp_path: Path, row: dict[str, str], reasons: list[str]) -> None:
    """An hour of one board of 400 W, which is idle at a tenth, in France; two CPUs of 150 W; 0.6 W/GB of memory."""
    audit = audit_of(tmp_path, codecarbon_text(row))
    (run,) = audit.runs
    assert [found.reason for found in run.findings] == reasons
    assert run.to_dict()["verdict"] == ("suspect" if reasons else "ok")
    assert {flag for flag in run.flags if flag != "unknown_hardware"} == set()
    assert (audit.totals.runs, audit.left_out, audit.suspects) == (1, 0, bool(reasons))
    assert audit.totals.measured_energy_kwh == float((row or {"energy_consumed": "0.36"}).get("energy_consumed", 0.36))


@pytest.mark.parametrize(
    ("joules", "map", "verdict", "reason"),
    [
        (
            "1080000", "", "suspect",
            "A node drew 300 W on average, hardly more than its accelerators without work, 160 W: "
            'where its meter reads CPUs alone, [energy] source = "cpu" in a map says so.',
        ),
        ("1188000", "", "ok", None),
        ("1080000", "node_idle_w = 250", "ok", None),
        ("9720000", "node_max_w = 2600", "suspect", "A node drew 2,700 W on average, its parts draw 2,600 W at most."),
        ("9360000", "node_max_w = 2600", "ok", None),
        (
            "10800000", "node_max_w = 2600", "implausible",
            "A node drew 3,000 W on average, at most 2,860 W is possible.",
        ),
        ("", "", "not checkable", None),
    ],
)  # fmt: skip
@pytest.mark.parametrize("is_many", [False, True])
def test_limits_of_a_node(
    tmp_path: Path, joules: str, map: str, verdict: str, reason: str | None, *, is_many: bool
) -> None:
    """An hour of four boards, idle at 40 W each, whose node without work draws 60 W: 330 W is half as much again."""
    (tmp_path / "site.toml").write_text(f'[partition."gpu"]\n{map}\n')
    row = OF_FOUR | {"ConsumedEnergyRaw": joules, "Partition": "gpu"}
    rows = [row | {"JobID": str(id), "JobIDRaw": str(id)} for id in range(12_000 if is_many else 1)]
    audit = audit_of(tmp_path, sacct_text(*rows), by="user", map=str(tmp_path / "site.toml"))
    assert [(found.reason, found.verdict, found.runs) for found in audit.doubts] == (
        [] if reason is None else [(reason, verdict, len(rows))]
    )
    assert audit.suspects == (len(rows) if verdict == "suspect" else 0)
    assert audit.totals.runs == (0 if verdict == "implausible" else len(rows))
    (run,) = runs_of(tmp_path, sacct_text(row), map=str(tmp_path / "site.toml"))
    assert run.verdict == verdict


@pytest.mark.parametrize(
    ("row", "verdict"),
    [
        ({"duration": "0.9", "gpu_energy": "1e-9", "energy_consumed": "1.5000001e-5", "cpu_energy": "1.4e-5",
          "ram_energy": "9.99e-7", "emissions": ""}, "not checkable"),
        ({"duration": "0.9", "gpu_energy": "1e-3", "energy_consumed": "1.00001e-3", "emissions": ""}, "implausible"),
    ],
)  # fmt: skip
def test_too_little_is_not_told_of_less_than_a_second(tmp_path: Path, row: dict[str, str], verdict: str) -> None:
    """A board of 400 W read at 4 mW is no finding then; at 4,000 W it is."""
    (run,) = runs_of(tmp_path, codecarbon_text({"cpu_energy": "", "ram_energy": ""} | row))
    assert run.verdict == verdict


def test_a_log_that_is_hardly_read_is_suspect(tmp_path: Path) -> None:
    """4 of 1,002 seconds lie between readings that are close: 200 J each second, 800 J in all."""
    times = (0, 1, 2, 1000, 1001, 1002)
    rows = [f"2026/03/01 10:{at // 60:02}:{at % 60:02}.000, 0, NVIDIA A100-SXM4-40GB, 200.00 W" for at in times]
    text = "\n".join(["timestamp, index, name, power.draw [W]", *rows, ""])
    (run,) = runs_of(tmp_path, text)
    assert run.stated.measured_energy_kwh == pytest.approx(800 / 3.6e6)
    assert [found.reason for found in run.findings] == [
        "Its readings cover 0.399 % of the time from the first to the last."
    ]
    assert (run.verdict, run.flags, run.is_counted) == ("suspect", ("gap",), True)


def test_what_is_suspect_comes_last_and_is_kept(tmp_path: Path) -> None:
    """Two suspect rows are one reason behind one that cannot be; the history says it of each."""
    hot = [{"run_id": str(id), "gpu_energy": "0.41", "energy_consumed": "0.47"} for id in range(2)]
    text = codecarbon_text(*hot, {"run_id": "x", "gpu_energy": "0.6", "energy_consumed": "0.66"})
    audit = audit_of(tmp_path, text)
    assert [(found.verdict, found.flag, found.runs, found.is_in_totals) for found in audit.doubts] == [
        ("implausible", "implausible_power", 1, False),
        ("suspect", "suspect_power", 2, True),
    ]
    assert audit.to_dict()["suspects"] == 2
    stored = import_runs(tmp_path / "foreign", home=tmp_path / "home")
    again = import_runs(tmp_path / "foreign", home=tmp_path / "home")
    assert [run.verdict for run in stored.runs] == ["suspect", "suspect", "implausible"]
    assert [run.verdict for run in again.runs] == ["suspect", "suspect", "implausible"]
    assert not [flag for run in stored.runs for flag in run.flags if flag not in FLAGS]
