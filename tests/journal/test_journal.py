"""The journal's file: what is written, what is read back, and what damage does."""

import json
import multiprocessing
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from greentrain import History
from greentrain.journal import (
    Journal,
    JournalWriter,
    decode,
    encode,
    journal_name_parts,
    last_record,
    read_journal,
    skim_journal,
    utc_text,
)

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)


def writer(folder: Path) -> JournalWriter:
    """Open a journal of the kind that a tracker writes."""
    return JournalWriter(str(folder), "tracker")


def test_what_is_written_is_read(tmp_path: Path) -> None:
    """A record comes back with its fields, the schema's version and both clocks."""
    before = time.monotonic()
    journal = writer(tmp_path)
    is_kept = journal.write({"type": "log", "values": {"loss": 0.3}})
    found = read_journal(journal.path)
    record = found.records[0]

    assert is_kept is True
    assert (record["v"], record["type"], record["values"]) == (1, "log", {"loss": 0.3})
    assert before - 0.001 <= float(str(record["mono"])) <= time.monotonic()
    assert str(record["t"])[:17] <= utc_text()[:17]
    assert (found.garbage, found.newer, found.is_torn, journal.problem, journal.lost) == (0, 0, False, None, 0)


def test_the_name_of_the_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Host, process, six hexadecimal digits, whose it is; no character of a host's name leaves the folder."""
    monkeypatch.setenv("GREENTRAIN_HOST", "a/../b")
    name = Path(writer(tmp_path).path).name

    host, pid, random, *rest = name.rsplit(".", 4)
    assert host.startswith("a-..-b-")
    assert len(host) == len("a-..-b-") + 8
    assert pid == str(os.getpid())
    assert (len(random), int(random, 16) >= 0, rest) == (6, True, ["tracker", "jsonl"])


def test_a_journal_of_another_computer(tmp_path: Path) -> None:
    """An importer states the host and the process of the run that it writes; readers find them in the file's name."""
    journal = JournalWriter(str(tmp_path), "meter", host="node-7", pid=0)

    assert journal_name_parts(journal.path) == ("node-7", 0, "meter")
    assert journal.write({"type": "start"}, t=0.0)
    assert read_journal(journal.path).records[0]["t"] == "1970-01-01T00:00:00.000Z"


@pytest.mark.parametrize(
    ("given", "t", "mono"),
    [
        ({"t": 1795345200.25}, "2026-11-22T11:00:00.250Z", 1795345200.25),
        ({"t": 1795345200.25, "mono": 17.00004}, "2026-11-22T11:00:00.250Z", 17.0),
        ({"t": -0.5}, "1969-12-31T23:59:59.500Z", -0.5),
    ],
)
def test_the_times_of_a_record_may_be_given(tmp_path: Path, given: dict[str, float], t: str, mono: float) -> None:
    """A record of the past has its own moment; without another clock it is compared by the seconds since 1970."""
    journal = writer(tmp_path)
    journal.write({"type": "log", "t": "the caller's", "mono": "the caller's"}, **given)
    record = read_journal(journal.path).records[0]

    assert (record["t"], record["mono"]) == (t, mono)


def test_a_run_of_the_past_is_written_and_read(tmp_path: Path) -> None:
    """A run of an hour at 300 W in 2024, on another computer, is in the history as it was."""
    folder = tmp_path / "runs" / "old"
    folder.mkdir(parents=True)
    start, seconds = 1717243200.0, 3600.0
    tracker = JournalWriter(str(folder), "tracker", host="node-7", pid=41)
    tracker.write({"type": "start", "session": "s", "name": "old", "host": "node-7", "pid": 41}, t=start)
    tracker.write({"type": "end", "status": "completed"}, t=start + seconds)
    meter = JournalWriter(str(folder), "meter", host="node-7", pid=42)
    components = [{"component": "gpu", "id": "0", "name": "V100", "method": "file", "quality": "measured"}]
    meter.write({"type": "start", "session": "s", "host": "node-7", "components": components}, t=start)
    meter.write({"type": "end", "elapsed_seconds": seconds, "energy_kwh": {"gpu": 0.3}}, t=start + seconds)
    (run,) = History(tmp_path).runs()

    assert (run.name, run.status, run.duration_seconds) == ("old", "completed", seconds)
    assert (run.started, run.nodes[0].host) == (start, "node-7")
    assert run.nodes[0].energy_kwh["gpu"] == 0.3


def test_a_moment_that_is_none_is_a_lost_record(tmp_path: Path) -> None:
    """The writer never raises: what no calendar holds is a record that cannot be written, which is reported."""
    journal = writer(tmp_path)

    assert journal.write({"type": "log"}, t=float("nan")) is False
    assert (journal.lost, journal.problem) == (1, "cannot convert float NaN to integer")


def test_two_writers_of_one_process_have_two_files(tmp_path: Path) -> None:
    """Nobody appends to another one's file."""
    assert writer(tmp_path).path != writer(tmp_path).path


def test_a_moment_as_text() -> None:
    """UTC with milliseconds, rounded down."""
    assert utc_text(0.0) == "1970-01-01T00:00:00.000Z"
    assert utc_text(1795345200.9999) == "2026-11-22T11:00:00.999Z"


@pytest.mark.parametrize(
    ("value", "read"),
    [(float("nan"), None), (float("inf"), None), (-1e309, None), ({1: 2}, {"1": 2}), ((1, 2), [1, 2]),
     ({"a": {3}}, {"a": "{3}"}), (object, "<class 'object'>"), ("\ud800\n\0", "\ud800\n\0"), (10**5000, None)],
    ids=["nan", "infinity", "minus-infinity", "number-as-key", "tuple", "set", "class", "control", "digits"],
)  # fmt: skip
def test_values_that_json_has_no_word_for(value: object, read: object) -> None:
    """NaN and infinities are null, the rest is text: a record is never lost for a value in it."""
    record = decode(encode({"v": 1, "type": "log", "value": value}))
    assert record is not None
    assert record["value"] == read


class Rude:
    """An object without even a text of its own."""

    def __str__(self) -> str:
        raise RuntimeError


def test_a_value_that_cannot_be_shown_is_named_by_its_type() -> None:
    """Its own error stays inside."""
    assert json.loads(encode({"value": Rude()})) == {"value": "<Rude>"}


def test_a_value_that_holds_itself_is_cut() -> None:
    """Twenty levels down it becomes text of at most 500 characters."""
    loop: list[object] = []
    loop.append(loop)
    found = json.loads(encode({"value": loop}))["value"]
    for _ in range(19):
        (found,) = found
    assert found.startswith("[[...]]")


@given(value=JSON)
def test_every_value_makes_one_line_that_can_be_read(value: object) -> None:
    """Whatever is logged, the line is ASCII, holds one line end and is a record."""
    encoded = encode({"v": 1, "type": "log", "value": value})

    assert encoded.isascii()
    assert (encoded.count(b"\n"), encoded[-1:]) == (1, b"\n")
    assert decode(encoded) is not None


@pytest.mark.parametrize(
    "damage",
    [b"\x00\x00\x00\n", b"\xff\xfe garbage\n", b"[1]\n", b'{"v":1}\n', b'{"v":true,"type":"log"}\n', b"nonsense\n",
     b"[" * 100_000 + b"\n", b'{"v":1,"type":7}\n', b'{"v":0,"type":"log"}\n'],
)  # fmt: skip
def test_garbage_is_counted_and_left_out(tmp_path: Path, damage: bytes) -> None:
    """Records before and after it are read."""
    journal = writer(tmp_path)
    journal.write({"type": "log", "values": {"a": 1}})
    path = Path(journal.path)
    path.write_bytes(path.read_bytes() + damage)
    journal.write({"type": "log", "values": {"a": 2}})
    found = read_journal(journal.path)

    assert [record["values"] for record in found.records] == [{"a": 1}, {"a": 2}]
    assert (found.garbage, found.is_torn) == (1, False)


def test_every_cut_of_a_journal_reads_the_whole_lines_before_it(tmp_path: Path) -> None:
    """A torn last line is dropped wherever it is torn; only its line end may be missing."""
    journal = writer(tmp_path)
    for place in range(3):
        journal.write({"type": "log", "values": {"a": place}})
    whole = Path(journal.path).read_bytes()
    torn = tmp_path / "torn"
    for length in range(len(whole) + 1):
        torn.write_bytes(whole[:length])
        found = read_journal(str(torn))
        complete = whole[:length].count(b"\n")
        ends_whole = length and whole[length : length + 1] == b"\n"
        assert len(found.records) == complete + bool(ends_whole)
        assert found.garbage == 0


@pytest.mark.parametrize("step", [1, 7, 64, 1000])
def test_reading_on_gives_what_reading_it_all_gives(tmp_path: Path, step: int) -> None:
    """However the file grows between two looks, every line counts once, garbage and torn ones too."""
    whole = b"".join(encode({"v": 1, "type": "log", "values": {"a": place}}) for place in range(4))
    whole = whole.replace(b'"a":2', b'"a":2 nonsense') + b'{"v":1,"type":"torn'
    path = tmp_path / "grows"
    path.touch()
    growing = Journal(str(path))
    for start in range(0, len(whole), step):
        with path.open("ab") as file:
            file.write(whole[start : start + step])
        growing.read_on()
    growing.read_on()
    found = read_journal(str(path))

    assert [record["values"] for record in growing.records] == [{"a": place} for place in (0, 1, 3)]
    assert (growing.records, growing.garbage, growing.is_torn) == (found.records, found.garbage, found.is_torn)
    assert (growing.garbage, growing.is_torn) == (1, True)


def test_a_newer_schema_is_told_apart_from_damage(tmp_path: Path) -> None:
    """Lines of a later version are left out and counted as such."""
    path = tmp_path / "x"
    path.write_text('{"v":2,"type":"log"}\n{"v":1,"type":"log"}\nx\n')
    found = read_journal(str(path))
    assert (len(found.records), found.garbage, found.newer) == (1, 2, 1)


def test_a_line_longer_than_any_record_is_garbage(tmp_path: Path) -> None:
    """Ten million characters without a line end do not end up in memory as one record."""
    path = tmp_path / "x"
    path.write_bytes(b'{"v":1,"type":"log","x":"' + b"x" * 10_000_000 + b'"}\n{"v":1,"type":"end"}\n')
    found = read_journal(str(path))
    assert [record["type"] for record in found.records] == ["end"]
    assert found.garbage == 3


SAMPLES = [encode({"v": 1, "type": "sample", "n": number}) for number in range(5)]
GAP, END = encode({"v": 1, "type": "gap"}), encode({"v": 1, "type": "end"})


@pytest.mark.parametrize(
    ("lines", "kept"),
    [
        ([GAP, *SAMPLES, END], [GAP, SAMPLES[4], END]),
        ([*SAMPLES[:2], GAP, *SAMPLES[2:]], [GAP, SAMPLES[4]]),
        (SAMPLES[:1], SAMPLES[:1]),
        ([GAP, END], [GAP, END]),
        ([], []),
    ],
)
def test_skimming_leaves_out_all_samples_but_the_last(tmp_path: Path, lines: list[bytes], kept: list[bytes]) -> None:
    """And nothing else; in the order of the file."""
    path = tmp_path / "h.1.s.meter.jsonl"
    path.write_bytes(b"".join(lines))
    found = skim_journal(str(path))
    assert [encode(record) for record in found.records] == kept
    assert (found.garbage, found.newer, found.is_torn) == (0, 0, False)


@pytest.mark.parametrize(
    "damage",
    [
        b"garbage\n", b"garbage", SAMPLES[0][:-1], SAMPLES[0][:20], b"\0\0\0", SAMPLES[0].replace(b"\n", b" \n"),
        encode({"v": 2, "type": "sample"}), b'{"v": 1, "type": "sample", "n": 9}\n', b"[]\n", b"\n",
    ],
)  # fmt: skip
@pytest.mark.parametrize("place", range(7))
def test_skimming_counts_what_is_wrong_as_reading_does(tmp_path: Path, damage: bytes, place: int) -> None:
    """Wherever it is, what is damaged, torn, foreign or newer; and the last sample is the same."""
    lines = [GAP, *SAMPLES, END]
    path = tmp_path / "h.1.s.meter.jsonl"
    path.write_bytes(b"".join([*lines[:place], damage, *lines[place:]]))
    skimmed, read = skim_journal(str(path)), read_journal(str(path))
    assert (skimmed.garbage, skimmed.newer, skimmed.is_torn) == (read.garbage, read.newer, read.is_torn)
    assert [one for one in skimmed.records if one["type"] != "sample"] == [
        one for one in read.records if one["type"] != "sample"
    ]
    assert [one for one in skimmed.records if one["type"] == "sample"][-1:] == [
        one for one in read.records if one["type"] == "sample"
    ][-1:]


def test_the_newest_record_of_a_kind(tmp_path: Path) -> None:
    """From the end of the file; a torn last line does not count, and a missing file has none."""
    journal = writer(tmp_path)
    for place in range(5000):
        journal.write({"type": "sample", "place": place})
    journal.write({"type": "log"})
    with Path(journal.path).open("ab") as file:
        file.write(b'{"v":1,"type":"sample","place":9')

    found = last_record(journal.path, "sample")
    assert found is not None
    assert found["place"] == 4999
    assert last_record(journal.path, "end") is None
    assert last_record(str(tmp_path / "none"), "sample") is None


def test_no_folder(tmp_path: Path) -> None:
    """Nothing is raised; the first lost record is reported, the later ones are counted."""
    journal = writer(tmp_path / "none")
    answers = [journal.write({"type": "log"}) for _ in range(3)]

    assert answers == [False, True, True]
    assert (journal.problem, journal.lost) == ("No such file or directory", 3)
    journal.close()


def test_writing_after_closing(tmp_path: Path) -> None:
    """Records are lost, not written into a file that another part of the program opened."""
    journal = writer(tmp_path)
    journal.close()
    journal.close()
    with (tmp_path / "other").open("wb"):
        assert journal.write({"type": "log"}) is False
    assert (tmp_path / "other").read_bytes() == b""


FULL = """
import resource, sys
from greentrain.journal.writer import JournalWriter
resource.setrlimit(resource.RLIMIT_FSIZE, (1000, resource.RLIM_INFINITY))
journal = JournalWriter(sys.argv[1], "tracker")
answers = [journal.write({"type": "log", "text": "x" * 150}) for _ in range(8)]
resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
journal.write({"type": "end"})
print(answers.count(False), journal.lost, journal.path)
"""


def test_a_file_that_may_not_grow_loses_records_but_keeps_the_others(tmp_path: Path) -> None:
    """A half-written line spoils nothing: it is garbage, and the next record begins a line of its own."""
    done = subprocess.run([sys.executable, "-c", FULL, str(tmp_path)], capture_output=True, text=True, check=True)
    false, lost, path = done.stdout.split()
    found = read_journal(path)

    assert done.stderr == ""
    assert false == "1"
    assert len(found.records) + int(lost) == 9
    assert [record["type"] for record in found.records][-1] == "end"
    assert (found.garbage, found.is_torn) == (1, False)


def test_a_full_disk(tmp_path: Path) -> None:
    """The system's text is kept."""
    journal = writer(tmp_path)
    full = os.open("/dev/full", os.O_WRONLY)
    os.dup2(full, journal._descriptor)
    journal._identity = (os.fstat(full).st_dev, os.fstat(full).st_ino)
    os.close(full)

    assert journal.write({"type": "log"}) is False
    assert journal.problem == "No space left on device"


def test_a_descriptor_that_was_taken_away(tmp_path: Path) -> None:
    """When the program closes it and opens a file of its own there, the journal goes on in its own file."""
    journal = writer(tmp_path)
    journal.write({"type": "log"})
    os.close(journal._descriptor)
    own = os.open(tmp_path / "own", os.O_WRONLY | os.O_CREAT)
    is_kept = journal.write({"type": "end"})

    assert own >= 0
    assert is_kept is True
    assert (tmp_path / "own").read_bytes() == b""
    assert [record["type"] for record in read_journal(journal.path).records] == ["log", "end"]
    os.close(own)


@pytest.mark.filterwarnings("ignore::DeprecationWarning")  # of fork next to threads, which a plugin may have started
def test_a_forked_process_writes_nothing(tmp_path: Path) -> None:
    """A journal has one writer."""
    journal = writer(tmp_path)
    child = multiprocessing.get_context("fork").Process(target=journal.write, args=({"type": "log"},))
    child.start()
    child.join()

    assert child.exitcode == 0
    assert read_journal(journal.path).records == []


def test_a_child_does_not_inherit_the_descriptor(tmp_path: Path) -> None:
    """It would keep the file open after the run's end."""
    assert os.get_inheritable(writer(tmp_path)._descriptor) is False


def test_loading_the_module_loads_no_more_than_json_and_a_check_value() -> None:
    """The training process pays for it at its start."""
    program = (
        "import sys, json; from os import path; before = set(sys.modules); import greentrain.journal.writer;"
        "print(sorted(name for name in set(sys.modules) - before))"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    ours = {"_lazy", "_version", "errors", "journal", "journal.writer", "journal.paths", "journal.access_rights"}
    allowed = {"greentrain", "binascii", "collections.abc", *(f"greentrain.{name}" for name in ours)}
    assert set(eval(done.stdout)) <= allowed
