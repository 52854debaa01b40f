"""Slurm's accounting: jobs, their accelerators and energies, however its columns are parted."""

import base64
import csv
import gzip
import io
import json
from pathlib import Path

import pytest
from foreign_texts import SACCT, audit_of, runs_of, sacct_text

from greentrain.errors import InputError


@pytest.mark.parametrize("delimiter", ["|", ",", ";", "\t", "^|^", "~"])
@pytest.mark.parametrize("header", [True, False])
def test_any_delimiter(tmp_path: Path, delimiter: str, header: bool) -> None:
    """Lists of resources hold commas themselves; without a header, --format names the columns."""
    rows = [{"JobIDRaw": str(number), "AllocTRES": "cpu=8,gres/gpu:a100=2,gres/gpu=2,node=1"} for number in (1, 2)]
    text = sacct_text(*rows, delimiter=delimiter, header=header)
    runs = runs_of(tmp_path, text) if header else runs_of(tmp_path, text, format=",".join(SACCT))
    assert [(run.stated.accelerators, run.gpu_hours, run.stated.user) for run in runs] == [
        ({"a100": 2.0}, 2.0, "u")
    ] * 2


@pytest.mark.parametrize("quoting", [csv.QUOTE_MINIMAL, csv.QUOTE_ALL])
def test_cells_that_another_program_has_quoted(tmp_path: Path, quoting: int) -> None:
    """A spreadsheet that saves the table again puts quotes around lists, some programs around everything."""
    printed = sacct_text({"AllocTRES": "cpu=8,gres/gpu:a100=2,node=1", "JobName": "a, b"})
    rows = list(csv.reader(printed.splitlines(), delimiter="|"))
    file = io.StringIO()
    csv.writer(file, quoting=quoting).writerows(rows)
    (run,) = runs_of(tmp_path, file.getvalue())
    assert (run.stated.accelerators, run.gpu_hours) == ({"a100": 2.0}, 2.0)
    assert (run.stated.name, run.stated.user) == ("a, b", "u")


def test_a_quote_in_a_name_is_a_quote(tmp_path: Path) -> None:
    """As sacct prints it, which quotes nothing."""
    (run,) = runs_of(tmp_path, sacct_text({"JobName": '"x', "AllocTRES": "cpu=8,node=1"}, delimiter=","))
    assert (run.stated.name, run.stated.user) == ('"x', "u")


def test_a_line_may_end_with_a_delimiter(tmp_path: Path) -> None:
    """As ``sacct -p`` prints it."""
    text = sacct_text({}).replace("\n", "|\n")
    assert len(runs_of(tmp_path, text)) == len(runs_of(tmp_path, text.split("\n", 1)[1], format=",".join(SACCT))) == 1


def test_a_name_may_hold_the_delimiter(tmp_path: Path) -> None:
    """The columns on both sides decide, also where the last one is empty."""
    (run,) = runs_of(tmp_path, sacct_text({"JobName": "a|b|c"}))
    assert (run.stated.name, run.stated.duration_seconds) == ("a|b|c", 3600.0)


def test_no_header_and_no_columns_given(tmp_path: Path) -> None:
    """The message says what to give."""
    (file,) = audit_of(tmp_path, sacct_text({}, header=False)).files
    rule = "has no header: state the columns as sacct's --format did, as in --format JobID,State,ElapsedRaw"
    assert file.error == f"{tmp_path / 'foreign'}: {rule}"


@pytest.mark.parametrize(
    ("resources", "expected"),
    [
        ("gres/gpu=8,gres/gpu:a100=8", {"a100": 8.0}),
        ("gres/gpu:a100=2,gres/gpu:h100=4,gres/gpu=6", {"a100": 2.0, "h100": 4.0}),
        ("gres/gpu:a100=2,gres/gpu=3", {"a100": 2.0, "": 1.0}),
        ("gres/gpu=4", {"": 4.0}),
        ("cpu=4,gres/gpu:a100=0", {}),
    ],
)
def test_typed_and_generic_accelerators_count_once(tmp_path: Path, resources: str, expected: dict[str, float]) -> None:
    """The generic entry holds the typed ones; what is left of it has no type."""
    (run,) = runs_of(tmp_path, sacct_text({"AllocTRES": resources}))
    assert run.stated.accelerators == expected


def test_a_slice_counts_by_sevenths(tmp_path: Path) -> None:
    """Two hours of 3g.20gb are 6/7 of a board's hour."""
    (run,) = runs_of(tmp_path, sacct_text({"AllocTRES": "gres/gpu:a100_3g.20gb=1,gres/gpu=1", "ElapsedRaw": "7200"}))
    assert run.gpu_hours == pytest.approx(6 / 7)
    assert run.to_dict()["hardware"] == "a100-sxm4-40gb"


def test_steps_are_never_added(tmp_path: Path) -> None:
    """A job of 1 kWh with two steps of as much is 1 kWh."""
    steps = [{"JobID": f"1.{name}", "JobIDRaw": f"1.{name}", "ConsumedEnergyRaw": "3600000"} for name in ("batch", "0")]
    audit = audit_of(tmp_path, sacct_text({"ConsumedEnergyRaw": "3600000"}, *steps))
    (run,) = audit.runs
    assert (run.stated.measured_energy_kwh, run.flags) == (1.0, ("steps_dropped",))
    assert audit.files[0].notes == {"Steps are left out: their jobs hold them.": 2}


@pytest.mark.parametrize("energy", ["", "0", "18446744073709551614", "4294967294", "18446744073709551615"])
def test_no_meter_raises_no_flag(tmp_path: Path, energy: str) -> None:
    """Empty, zero and sentinels are no energies: the job is estimated."""
    (run,) = runs_of(tmp_path, sacct_text({"ConsumedEnergyRaw": energy}))
    assert (run.stated.measured_energy_kwh, run.flags) == (None, ())
    assert run.footprint is not None
    assert run.footprint.basis == "estimated"


@pytest.mark.parametrize(
    ("watts", "resources", "flags"),
    [
        (200, "cpu=8,node=1", ()),
        (19, "cpu=8,node=1", ("implausible_power",)),
        (20, "cpu=8,node=1", ()),
        (20_000, "cpu=8,node=1", ()),
        (20_001, "cpu=8,node=1", ("implausible_power",)),
        (100, "gres/gpu:a100=4,node=1", ("gpu_unmetered",)),
        (2_000, "gres/gpu:a100=4,node=1", ()),
        (9_000, "gres/gpu:a100=4,node=1", ("implausible_power",)),
        (21_000, "gres/gpu:own=4,node=1", ("implausible_power", "unknown_hardware")),
    ],
)
def test_energy_between_idle_and_nameplate(tmp_path: Path, watts: int, resources: str, flags: tuple[str, ...]) -> None:
    """Four A100 without work draw 4 x 50 W or more, a DGX A100 draws at most 6,500 W with eight.

    What a node without accelerators of the job's holds is not known: 20 W to 20 kW.
    """
    (run,) = runs_of(tmp_path, sacct_text({"ConsumedEnergyRaw": str(watts * 3600), "AllocTRES": resources}))
    assert run.flags == flags
    if run.footprint is not None:
        assert run.footprint.basis == ("estimated" if flags else "measured")


@pytest.mark.parametrize(
    ("state", "status"),
    [
        ("COMPLETED", "completed"), ("CANCELLED by 1234", "stopped"), ("CANCELLED+", "stopped"),
        ("OUT_OF_ME+", "failed"), ("NODE_FAIL", "failed"), ("TIMEOUT", "stopped"), ("RUNNING", "running"), ("?", None),
    ],
)  # fmt: skip
def test_states(tmp_path: Path, state: str, status: str | None) -> None:
    """The first word counts, also cut."""
    assert [run.stated.status for run in runs_of(tmp_path, sacct_text({"State": state}))] == [status]


def test_jobs_that_wait_have_not_run(tmp_path: Path) -> None:
    """They are no runs."""
    waiting = {"JobID": "5_[1-9]", "State": "PENDING", "Start": "Unknown", "End": "Unknown", "ElapsedRaw": "0"}
    audit = audit_of(tmp_path, sacct_text(waiting))
    assert (audit.runs, audit.files[0].notes) == ((), {"Jobs that have not run are left out.": 1})


def test_a_job_that_went_on_is_replaced(tmp_path: Path) -> None:
    """Imported while it ran, and later again: it counts once, as it ended."""
    running = sacct_text({"State": "RUNNING", "End": "Unknown", "ElapsedRaw": "600"})
    ended = sacct_text({"ElapsedRaw": "3600"})
    (run,) = runs_of(tmp_path, running + ended.split("\n", 1)[1])
    assert (run.stated.status, run.stated.duration_seconds) == ("completed", 3600.0)


def test_elapsed_in_days(tmp_path: Path) -> None:
    """1-02:00:00 is 26 hours; where it is missing, start and end give the time."""
    text = (
        sacct_text({}, {"JobIDRaw": "2", "ElapsedRaw": ""})
        .replace("ElapsedRaw", "Elapsed")
        .replace("3600", "1-02:00:00")
    )
    assert [run.stated.duration_seconds for run in runs_of(tmp_path, text)] == [93_600.0, 3600.0]


def test_json_that_was_cut_keeps_what_is_whole(tmp_path: Path) -> None:
    """The first job counts, and the file's error is named."""
    job = {"job_id": 1, "association": {}, "time": {"elapsed": 60}, "state": {"current": "COMPLETED"}}
    audit = audit_of(tmp_path, json.dumps({"jobs": [job, job]})[:-20])
    assert len(audit.runs) == 1
    assert "is no JSON" in (audit.files[0].error or "")


def test_an_unknown_format_names_the_others(tmp_path: Path) -> None:
    """As any unknown name does."""
    with pytest.raises(InputError, match="must be codecarbon, eco2ai, zeus"):
        audit_of(tmp_path, sacct_text({}), format="sacct")


def test_an_aligned_table(tmp_path: Path) -> None:
    """As ``sacct`` prints it without -P: the rule below the header says where the columns are; a cut list is noted."""
    text = (
        "JobID           JobName      State    Elapsed           AllocTRES\n"
        "------------ ---------- ---------- ---------- -------------------\n"
        "123           my  train  COMPLETED   01:00:00 cpu=8,gres/gpu:a10+\n"
        "123.batch         batch  COMPLETED   01:00:00               cpu=8\n"
        "124               train CANCELLED+ 1-01:00:00 cpu=8,gres/gpu:t4=2\n"
    )
    audit = audit_of(tmp_path, text)
    assert [(run.stated.name, run.stated.status, run.gpu_hours) for run in audit.runs] == [
        ("my  train", "completed", 0.0),
        ("train", "stopped", 50.0),
    ]
    assert "Lists of resources are cut off: 'sacct -P' prints them whole." in audit.files[0].notes


@pytest.mark.parametrize(
    ("written", "hardware", "boards"),
    [
        ("volta", "v100-sxm2-16gb", 1.0),
        ("a100_80", "a100-sxm4-80gb", 1.0),
        ("ours", None, 1.0),
        ("2g.20gb", None, 2 / 7),
        ("ours_3g.40gb", None, 3 / 7),
    ],
)
def test_types_as_sites_write_them(tmp_path: Path, written: str, hardware: str | None, boards: float) -> None:
    """A generation is its usual accelerator; a slice counts by sevenths also where its board is not known."""
    (run,) = runs_of(tmp_path, sacct_text({"AllocTRES": f"gres/gpu:{written}=1"}))
    assert (run.hardware, run.gpu_hours) == (hardware, pytest.approx(boards))


def test_a_table_of_markdown(tmp_path: Path) -> None:
    """Cells are padded and framed, rules are no rows: 7.2 MJ over four nodes and an hour are 2 kWh."""
    text = (
        "|JobID  |ConsumedEnergyRaw|ElapsedRaw|Start              |NNodes|State    |\n"
        "|-------|-----------------|----------|-------------------|------|---------|\n"
        "|38113  |7200000          |3600      |2024-03-15-20:24:16|4     |COMPLETED|\n"
    )
    audit = audit_of(tmp_path, text)
    (run,) = audit.runs
    assert (run.stated.measured_energy_kwh, run.stated.nodes, run.stated.status) == (2.0, 4, "completed")
    assert (run.to_dict()["started"], audit.files[0].rejected) == ("2024-03-15T20:24:16Z", 0)


@pytest.mark.parametrize(
    ("name", "line"), [("a", "cat x | wc | tee y"), ("a|b", "python z"), ("a|b", "cat x | wc"), ("a", "python z")]
)
def test_any_column_that_people_write_may_hold_the_delimiter(tmp_path: Path, name: str, line: str) -> None:
    """Name and command stand around state, times and energy, which tell where they end."""
    text = (
        "JobID|JobName|State|Start|End|ElapsedRaw|ConsumedEnergyRaw|SubmitLine\n"
        f"7|{name}|FAILED|2026-03-01T00:00:00|2026-03-01T01:00:00|3600|720000|{line}\n"
    )
    audit = audit_of(tmp_path, text)
    (run,) = audit.runs
    assert (run.stated.name, run.stated.status, run.stated.measured_energy_kwh) == (name, "failed", 0.2)
    assert audit.files[0].rejected == 0


def test_a_row_that_fits_no_column_is_rejected(tmp_path: Path) -> None:
    """Where states and times are nowhere, a cell too many is a bad row."""
    text = "JobID|JobName|State|ElapsedRaw\n7|a|b|c|d\n"
    audit = audit_of(tmp_path, text)
    assert (len(audit.runs), audit.files[0].problems) == (0, ((2, "has 5 columns instead of 4"),))


@pytest.mark.parametrize(("then", "runs"), [("PENDING", 0), ("CANCELLED by 5", 1)])
def test_a_job_that_was_requeued_and_has_not_run_again(tmp_path: Path, then: str, runs: int) -> None:
    """While it waits it counts nothing: its next session will hold this one. Cancelled, it is what it was."""
    rows = [
        {"State": "REQUEUED"},
        {"State": then, "Start": "Unknown", "End": "Unknown", "ElapsedRaw": "0"},
    ]
    assert len(runs_of(tmp_path, sacct_text(*rows))) == runs


def test_decimal_commas(tmp_path: Path) -> None:
    """A table of a German spreadsheet: 1,50M is 1.5 MJ, mem=16,50G 16.5 GB; 1,500 may be either, and is none."""
    rows = [("1,50M", "cpu=8,mem=16,50G,node=1"), ("1.50M", "mem=16.5G,cpu=8"), ("1,500", "cpu=8,mem=16G")]
    text = "JobID|State|ElapsedRaw|NCPUS|AllocTRES|ConsumedEnergy\n" + "".join(
        f"{number}|COMPLETED|3600|8|{resources}|{joules}\n" for number, (joules, resources) in enumerate(rows, 1)
    )
    runs = runs_of(tmp_path, text)
    assert [(run.stated.measured_energy_kwh, run.stated.memory_gb) for run in runs] == [
        (pytest.approx(1.5 / 3.6), 16.5),
        (pytest.approx(1.5 / 3.6), 16.5),
        (None, 16.0),
    ]


def test_arrays_without_numbers(tmp_path: Path) -> None:
    """A task is known by its number, which JobIDRaw holds: a file without it says what that means."""
    text = sacct_text({"JobID": "7_1", "JobIDRaw": "8"}, {"JobID": "7_2", "JobIDRaw": "9"})
    note = "Jobs of arrays have no JobIDRaw here: they count again in a file that has that alone, and not JobID."
    assert note not in audit_of(tmp_path, text).files[0].notes
    assert audit_of(tmp_path, text.replace("|8|", "||").replace("|9|", "||")).files[0].notes[note] == 2


@pytest.mark.parametrize("is_aligned", [False, True])
def test_comments_of_jobstats_alone(tmp_path: Path, *, is_aligned: bool) -> None:
    """Two GPUs for an hour, half of it busy: what the comment holds is enough."""
    stats = {
        "gpus": True,
        "total_time": 3600,
        "nodes": {"n1": {"total_time": 1800, "gpu_utilization": {"0": 40, "1": 60}}},
    }
    comment = "JS1:" + base64.b64encode(gzip.compress(json.dumps(stats).encode())).decode()
    width = len(comment)
    aligned = f"{'JobID':<12} {'AdminComment':>{width}}\n{'-' * 12} {'-' * width}\n{'7':<12} {comment}\n"
    (run,) = runs_of(tmp_path, aligned if is_aligned else f"JobID|AdminComment\n7|{comment}\n")
    assert (run.stated.accelerators, run.gpu_hours, run.stated.gpu_load) == ({"": 2.0}, 2.0, 0.5)


@pytest.mark.parametrize("others", [0, 12_000])
def test_cells_that_cannot_be_are_counted(tmp_path: Path, others: int) -> None:
    """Each by its column, row by row and in columns, which large files are read in."""
    tres = {"AllocTRES": "cpu=8,gres/gpu:a100=2,node=1"}
    odd: list[dict[str, str]] = [
        {"ElapsedRaw": "abc"}, {"ElapsedRaw": "-5"}, {"ElapsedRaw": "1e400"}, {"ElapsedRaw": "7200"},
        {"Start": "2026-02-30T00:00:00"}, {"End": "later"}, {"End": "Unknown"}, {"NCPUS": "many"},
        {"ConsumedEnergyRaw": "abc"}, {"ConsumedEnergyRaw": "18446744073709551614", "AdminComment": "JS1:None"},
        {"AllocTRES": "cpu=99999999999,gres/gpu:a100=2"}, {"AllocTRES": "cpu=8,mem=x", "AdminComment": "JS1:AAAA"},
    ]  # fmt: skip
    rows = [tres | cells for cells in [*odd, *[{}] * others]]
    text = sacct_text(*({"JobID": str(id), "JobIDRaw": str(id)} | row for id, row in enumerate(rows, 1)))
    (file,) = audit_of(tmp_path, text, by="user").files
    once = ("Start", "End", "NCPUS", "ConsumedEnergyRaw", "cpu in AllocTRES", "mem in AllocTRES")
    assert {note: number for note, number in file.notes.items() if "read" in note} == {
        f"Cells of {name} that cannot be read are taken as empty.": number
        for name, number in {"ElapsedRaw": 3, **dict.fromkeys((*once, "AdminComment (jobstats)"), 1)}.items()
    }
    assert file.notes["ElapsedRaw or Elapsed is longer than from Start to End, and counts."] == 1


@pytest.mark.parametrize(
    ("tres", "accelerators"),
    [
        ("cpu=8,gres/gpu:a100=999999999999999999999,node=1", {"uncounted:a100": 0.0}),
        ("cpu=8,gres/gpu=4,gres/gpu:a100=999999999999999999999", {"": 4.0}),
        ("cpu=8,gres/gpu:a100=2,gres/gpu:v100=x", {"a100": 2.0, "uncounted:v100": 0.0}),
        ("cpu=8,gre+", {"uncounted": 0.0}),
        ("cpu=8,gres/gpu=+", {"uncounted": 0.0}),
        ("cpu=8,gres/gpu:a100=4,gre+", {"a100": 4.0}),
        ("cpu=8,gres/gpu:a1+", {"uncounted": 0.0}),
        ("billing=8+", {"uncounted": 0.0}),  # what comes behind it may be anything
        ("cpu=8,mem=16G,no+", {"uncounted": 0.0}),  # of an older Slurm, which writes accelerators last
        ("billing=8,cpu=8,me+", {}),  # by name, accelerators would stand before it
        ("billing=8,cpu=8,mem=1+", {}),
    ],
)
def test_a_job_of_accelerators_that_cannot_be_counted_is_no_job_of_cpus(
    tmp_path: Path, tres: str, accelerators: dict[str, float]
) -> None:
    """It is in no sum of energy, and that is said; what a list for all types counts is known."""
    audit = audit_of(tmp_path, sacct_text({"AllocTRES": tres}))
    assert audit.runs[0].stated.accelerators == accelerators
    is_unknown = any(name.startswith("uncounted") for name in accelerators)
    assert [each.reason for each in audit.remarks if not each.is_in_sums] == (
        ["How many accelerators they had cannot be read."] if is_unknown else []
    )
    assert audit.totals.without_energy == is_unknown
    assert ("unknown_hardware" in audit.runs[0].flags) == ("uncounted" in accelerators or "" in accelerators)


def test_steps_without_their_job_are_said_to_be_without(tmp_path: Path) -> None:
    """The row of job 1 is not there, and the step of job 2 is behind its own."""
    rows = [{"JobID": id, "JobIDRaw": id} for id in ("1.batch", "2", "2.batch")]
    assert (
        audit_of(tmp_path, sacct_text(*rows)).files[0].notes.items()
        >= {
            "Steps are left out that do not follow their jobs: rows of these are not in the file, "
            "or elsewhere in it.": 1,
            "Steps are left out: their jobs hold them.": 1,
        }.items()
    )


@pytest.mark.parametrize(
    "text",
    [
        '{\n "meta": {"plugin": {"name": "Slurm OpenAPI DB"}, "Slurm": {"release": "21.08.4"}},\n "jobs": [\n ]\n}\n',
        '{"jobs": [], "meta": {"command": ["sacct"], "slurm": {"release": "24.05.1"}}, "errors": [], "warnings": []}',
    ],
)
def test_a_night_without_jobs(tmp_path: Path, text: str) -> None:
    """No run, and no error."""
    (file,) = audit_of(tmp_path, text).files
    assert (file.format, file.rows, file.runs, file.error) == ("slurm-json", 0, 0, None)


def test_an_error_of_slurm_is_no_quiet_night(tmp_path: Path) -> None:
    """It lists no jobs either."""
    text = '{"jobs": [], "meta": {"slurm": {}}, "errors": [{"description": "Connection refused", "error_number": 1}]}'
    (file,) = audit_of(tmp_path, text).files
    assert (file.error or "").endswith("holds no jobs, since Slurm had an error: Connection refused")


@pytest.mark.parametrize(
    ("state", "status"), [("SPECIAL_EXIT", "failed"), ("STOPPED", "running"), ("STAGE_OUT", "running")]
)
def test_rare_states(tmp_path: Path, state: str, status: str) -> None:
    """A job that ends with a special code has failed; one that is stopped by a signal may go on."""
    (run,) = runs_of(tmp_path, sacct_text({"State": state}))
    assert run.stated.status == status


def test_a_row_of_one_column(tmp_path: Path) -> None:
    """The noun is that of one."""
    (file,) = audit_of(tmp_path, "JobID|Start|End|AllocTRES\nx\n").files
    assert file.problems == ((2, "has 1 column instead of 4"),)
