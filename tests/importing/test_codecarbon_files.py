"""codecarbon's files: what a run is, what its place is, and which PUE is inside."""

from pathlib import Path

import pytest
from foreign_texts import CODECARBON, audit_of, codecarbon_text, runs_of

from greentrain import History
from greentrain.importing import import_runs


def test_rows_of_a_run_count_once(tmp_path: Path) -> None:
    """Three cumulative rows of 0.1, 0.2 and 0.36 kWh are 0.36 kWh, in whatever order."""
    parts = (("3600", "0.36"), ("1000", "0.1"), ("2000", "0.2"))
    rows = [{"duration": seconds, "energy_consumed": kwh} for seconds, kwh in parts]
    (run,) = runs_of(tmp_path, codecarbon_text(*rows))
    assert run.stated.measured_energy_kwh == 0.36
    assert run.flags == ("cumulative_rows",)


def test_rows_without_an_id_are_runs_by_their_start(tmp_path: Path) -> None:
    """12:00:00 less 3,600 s and 11:30:00 less 1,800 s are both 11:00:00; 12:00:00 less 60 s is another run."""
    rows = [
        {"run_id": "", "timestamp": "2024-05-01T11:30:00", "duration": "1800", "energy_consumed": "0.1"},
        {"run_id": ""},
        {
            "run_id": "",
            "duration": "60",
            "energy_consumed": "0.001",
            "cpu_energy": "",
            "gpu_energy": "0.001",
            "ram_energy": "",
            "emissions": "0.0001",
        },
    ]
    runs = runs_of(tmp_path, codecarbon_text(*rows))
    assert [run.stated.measured_energy_kwh for run in runs] == [0.36, 0.001]
    assert [run.flags for run in runs] == [("no_run_id", "cumulative_rows"), ("no_run_id",)]


def test_short_runs_one_after_the_other_stay_two(tmp_path: Path) -> None:
    """Runs of a second each start within three seconds, and neither goes on the other."""
    rows = [
        {"run_id": "", "timestamp": f"2024-05-01T12:00:0{second}", "duration": "1", "energy_consumed": "0.0001",
         "cpu_energy": "", "gpu_energy": "0.0001", "ram_energy": ""}
        for second in (1, 2)
    ]  # fmt: skip
    assert len(runs_of(tmp_path, codecarbon_text(*rows))) == 2


def test_pue_is_taken_out_once(tmp_path: Path) -> None:
    """0.36 kWh with a PUE of 1.2 inside are 0.3 kWh of the computer, and 1.2 is the footprint's PUE too."""
    (run,) = runs_of(tmp_path, codecarbon_text({"pue": "1.2"}))
    assert run.stated.measured_energy_kwh == pytest.approx(0.3)
    assert run.footprint is not None
    assert run.footprint.inputs["pue"].value.best == 1.2
    assert run.footprint.inputs["metered_energy"].value.best == pytest.approx(0.3)


def test_the_fallback_is_no_place(tmp_path: Path) -> None:
    """46.8, -71.2 is what codecarbon writes without a network: flagged, no place, in no total; Quebec itself stays."""
    fallback = {"latitude": "46.8", "longitude": "-71.2", "region": "quebec", "country_name": "Canada", "run_id": "a"}
    real = fallback | {"latitude": "45.5", "longitude": "-73.6", "run_id": "b"}
    audit = audit_of(tmp_path, codecarbon_text(fallback, real))
    assert [(run.location, run.flags) for run in audit.runs] == [(None, ("fallback_location",)), ("CA-QC", ())]
    assert audit.to_dict()["totals"]["measured_energy_kwh"] == 0.36
    kept = audit_of(tmp_path, codecarbon_text(fallback, real), keep_flagged=True)
    assert kept.to_dict()["totals"]["measured_energy_kwh"] == 0.72


def test_a_place_given_stands_in_for_the_fallback(tmp_path: Path) -> None:
    """What the user states is for runs that do not say it, and the fallback does not."""
    fallback = {"latitude": "46.8", "longitude": "-71.2", "region": "quebec"}
    assert [run.location for run in runs_of(tmp_path, codecarbon_text(fallback), location="DE")] == ["DE"]


def test_padded_cells_and_names(tmp_path: Path) -> None:
    """Blanks about names and cells do not count, nor a mark of the byte order, nor the case of names."""
    text = codecarbon_text({}).replace(",", " , ").replace("duration", "Duration")
    (run,) = runs_of(tmp_path, b"\xef\xbb\xbf" + text.encode())
    assert (run.stated.measured_energy_kwh, run.location) == (0.36, "FR")


def test_a_file_of_tasks_adds_nothing_to_its_run(tmp_path: Path) -> None:
    """Two tasks of 0.18 kWh and 1,800 s are the run of 0.36 kWh, whose row states the time of the last one."""
    header, row, _ = codecarbon_text({"duration": "1800", "energy_consumed": "0.18", "gpu_energy": "0.15",
                                      "cpu_energy": "0.025", "ram_energy": "0.005"}).split("\n")  # fmt: skip
    (tmp_path / "tasks.csv").write_text(f"task_name,{header}\nload,{row}\nfit,{row}\n")
    (tmp_path / "emissions.csv").write_text(codecarbon_text({"duration": "1800"}))
    audit = import_runs(tmp_path)
    (run,) = audit.runs
    assert run.stated.measured_energy_kwh == pytest.approx(0.36)
    assert run.stated.duration_seconds == 3600
    assert [(file.runs, file.imported, file.duplicates) for file in audit.files] == [(1, 1, 0), (1, 0, 1)]


def test_a_time_that_is_none_is_missing(tmp_path: Path) -> None:
    """The 31st of April: the energy counts, the time is not known."""
    (run,) = runs_of(tmp_path, codecarbon_text({"timestamp": "2024-04-31T12:00:00"}))
    assert (run.stated.started, run.flags, run.stated.measured_energy_kwh) == (None, ("missing_time",), 0.36)


def test_times_have_a_zone_only_where_one_is_given(tmp_path: Path) -> None:
    """Noon in Berlin in May is 10:00 UTC; without a zone, UTC is a note."""
    zoned, plain = (runs_of(tmp_path, codecarbon_text({}), **way)[0] for way in ({"time_zone": "Europe/Berlin"}, {}))
    assert zoned.to_dict()["ended"] == "2024-05-01T10:00:00Z"
    assert zoned.stated.notes == ()
    assert plain.stated.notes == ("Times have no zone: UTC is assumed; --time-zone states another.",)


def test_a_bad_row_is_counted_and_named(tmp_path: Path) -> None:
    """A row that was cut, and one without anything: the rest counts."""
    text = codecarbon_text({}, {"run_id": "r2", "duration": "", "energy_consumed": ""}) + "2024-05-01T12:00:00,p,r3\n"
    (file,) = audit_of(tmp_path, text).files
    assert (file.rows, file.runs, file.rejected) == (3, 1, 2)
    assert file.problems == (
        (3, "has neither a duration nor an energy"),
        (4, f"has 3 cells, the header {len(CODECARBON)}"),
    )


def test_a_pointer_of_git_lfs_is_named(tmp_path: Path) -> None:
    """Its data are elsewhere."""
    text = "version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 9\n"
    (file,) = audit_of(tmp_path, text).files
    rule = "a Git LFS pointer instead of the data; run 'git lfs pull' in its repository"
    assert file.error == f"{tmp_path / 'foreign'}: {rule}"


@pytest.mark.parametrize(
    ("model", "count", "types"),
    [
        ("2 x NVIDIA A100-SXM4-40GB1 x Tesla T4", "3", {"NVIDIA A100-SXM4-40GB": 2.0, "Tesla T4": 1.0}),
        ("1 x NVIDIA L40S4 x NVIDIA A16", "5.0", {"NVIDIA L40S": 1.0, "NVIDIA A16": 4.0}),
        ("1 x NVIDIA A10016 x NVIDIA A10", "17", {"NVIDIA A100": 1.0, "NVIDIA A10": 16.0}),
        ("1 x NVIDIA A10016 x NVIDIA A10", "", {"1 x NVIDIA A10016 x NVIDIA A10": 1.0}),
        ("4 x NVIDIA A10", "", {"NVIDIA A10": 4.0}),
    ],
)
def test_types_of_accelerators_without_a_mark_between(
    tmp_path: Path, model: str, count: str, types: dict[str, float]
) -> None:
    """The number of all of them says where a type's name ends and the next one's number begins."""
    (run,) = runs_of(tmp_path, codecarbon_text({"gpu_model": model, "gpu_count": count}))
    assert run.stated.accelerators == types


def test_decimal_commas_of_a_spreadsheet(tmp_path: Path) -> None:
    """A German one saves semicolons, decimal commas and days first: 0.36 kWh, from 10:00 to 11:00."""
    text = codecarbon_text({"timestamp": "01.05.2024 11:00"}).replace(",", ";")
    header, row, *_ = text.splitlines()
    cells = [cell if ":" in cell else cell.replace(".", ",") for cell in row.split(";")]
    (run,) = runs_of(tmp_path, f"{header}\n{';'.join(cells)}\n")
    assert run.stated.measured_energy_kwh == pytest.approx(0.36)
    assert run.stated.started == 1_714_557_600


MODELLED = {"cpu_energy": "0.085", "gpu_energy": "0", "ram_energy": "0.02", "energy_consumed": "0.105"}
WITHOUT_GPU = {"gpu_count": "", "gpu_model": ""}


@pytest.mark.parametrize("cells", [WITHOUT_GPU, {"gpu_model": "1 x NVIDIA A100", "gpu_count": "1"}])
def test_what_nothing_read_is_estimated(tmp_path: Path, cells: dict[str, str]) -> None:
    """Zero is what codecarbon writes for GPUs that are not there or that it cannot read: CPU and memory it models."""
    (run,) = runs_of(tmp_path, codecarbon_text(MODELLED | cells))
    assert run.footprint is not None
    assert run.footprint.basis == "estimated"
    assert "measured" not in {item.basis for item in run.footprint.inputs}


def test_a_history_of_modelled_energy(tmp_path: Path) -> None:
    """Lists, which read an index, and the run alone say it alike: no reading of GPUs, the rest by a model."""
    file = tmp_path / "emissions.csv"
    file.write_text(codecarbon_text(MODELLED | WITHOUT_GPU, {"run_id": "with-gpu"}))
    import_runs([file], home=str(tmp_path / "home"))
    history = History(home=tmp_path / "home")
    assert repr(history) == f"<History of 2 runs (2 imported) in {tmp_path / 'home'}>"
    found = {run.basis: run for run in history}
    assert sorted(found) == ["estimated", "measured"]
    run = found["estimated"]
    assert run.nodes[0].quality == {"gpu": "unknown", "cpu": "modelled", "memory": "modelled"}
    assert run.energy_kwh == {"gpu": None, "cpu": 0.085, "memory": 0.02}
    assert run.reconciliation.believed == "measurement"
    assert {brief.basis: brief.gpu_energy_kwh for brief in history.summaries()} == {
        each.basis: each.energy_kwh["gpu"] for each in found.values()
    }


def test_a_counter_of_the_cpu_is_a_measurement(tmp_path: Path) -> None:
    """``perf stat`` reads RAPL: 72 kJ in an hour are 0.02 kWh, and they are measured."""
    text = "       72,000.00 Joules power/energy-pkg/\n\n    3600.000 seconds time elapsed\n"
    (run,) = runs_of(tmp_path, f" Performance counter stats for 'system wide':\n\n{text}")
    assert run.footprint is not None
    assert (run.stated.energy_kwh["cpu"], run.footprint.basis) == (pytest.approx(0.02), "measured")


def test_a_header_that_is_too_long_is_named(tmp_path: Path) -> None:
    """Of 200,000 columns no row is read: that is an error, and not an empty file."""
    head, row = codecarbon_text({"run_id": "r1"}).splitlines()
    more = "".join(f",column{number}" for number in range(200_000))
    (file,) = audit_of(tmp_path, f"{head}{more}\n{row}{',1' * 200_000}\n").files
    assert (file.error or "").endswith(": has a header of more than 1,048,576 characters")
