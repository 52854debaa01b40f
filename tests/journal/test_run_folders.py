"""Where records lie, who may read them, and what others may have put there."""

import os
import stat
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from shutil import rmtree

import pytest
from journals_by_hand import one_hour

from greentrain import History
from greentrain.journal import JournalWriter, make_run_folder

DAEMON, NOBODY = 1, 65534
as_root = pytest.mark.skipif(not hasattr(os, "getuid") or os.getuid() != 0, reason="only root is any user")


def rights(path: str | Path) -> int:
    """Return the rights of a file or folder."""
    return stat.S_IMODE(os.lstat(path).st_mode)


def recorded(home: Path, key: str = "k") -> tuple[Path, Path]:
    """Begin a record; return its folder and its journal."""
    folder, problem = make_run_folder(str(home), key)
    assert (folder is not None, problem) == (True, None)
    journal = JournalWriter(str(folder), "tracker")
    journal.write({"type": "start", "session": "s"})
    journal.close()
    assert journal.problem is None
    return Path(str(folder)), Path(journal.path)


def spare_record(home: Path, key: str = "k") -> tuple[Path, str]:
    """Begin the record of a home that cannot be written; return its folder and what is said of it."""
    folder, problem = make_run_folder(str(home), key)
    assert folder is not None
    assert problem is not None
    one_hour(Path(folder))
    return Path(folder), problem


def test_an_address_is_no_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The record goes to the spare folder, and no folder of the address' name, which holds a password, is made."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    folder, problem = make_run_folder("postgresql://u:hunter2@h/x", "k")

    assert str(problem).startswith(
        "postgresql://u:***@h/x cannot be written (it is an address); the run's journal is in "
    )
    assert "hunter2" not in str(folder) + "".join(map(str, tmp_path.rglob("*")))


@contextmanager
def umask(mask: int) -> Iterator[None]:
    """Set the umask for a while."""
    before = os.umask(mask)
    try:
        yield
    finally:
        os.umask(before)


@contextmanager
def acting_as(user: int) -> Iterator[None]:
    """Be another user for a while."""
    os.setresgid(user, user, 0)
    os.setresuid(user, user, 0)
    try:
        yield
    finally:
        os.setresuid(0, 0, 0)
        os.setresgid(0, 0, 0)


@pytest.fixture
def temporary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a folder of temporary files of the test's own, as a system has it."""
    folder = tmp_path / "temporary"
    folder.mkdir()
    folder.chmod(0o1777)
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    return folder


@pytest.fixture
def unwritable(tmp_path: Path) -> Path:
    """Return a home that nobody can write, root neither: there is a file in its place."""
    home = tmp_path / "unwritable"
    home.write_text("")
    return home


@pytest.fixture
def shared() -> Iterator[Path]:
    """Return a home that every user may write, in a place that every user reaches."""
    home = Path(tempfile.mkdtemp(dir="/tmp"))
    home.chmod(0o2777)
    yield home
    rmtree(home)


@pytest.mark.parametrize("mask", [0o000, 0o022, 0o077, 0o277, 0o777])
def test_records_are_private_whatever_the_umask(tmp_path: Path, mask: int) -> None:
    """Folders 0700 and files 0600, the home and ``runs`` too where they are made."""
    with umask(mask):
        folder, journal = recorded(tmp_path / "home")

    assert [rights(each) for each in (journal, folder, folder.parent, tmp_path / "home")] == [0o600, *[0o700] * 3]


@pytest.mark.parametrize("mask", [0o000, 0o022, 0o077])
def test_a_setting_lets_the_group_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, mask: int) -> None:
    """The group may add runs to such a home too, and remove none; each run stays its user's."""
    monkeypatch.setenv("GREENTRAIN_SHARED", "1")
    with umask(mask):
        folder, journal = recorded(tmp_path / "home")

    assert [rights(each) for each in (journal, folder)] == [0o640, 0o2750]
    assert [rights(each) for each in (folder.parent, tmp_path / "home")] == [0o3770, 0o3770]


def test_the_setting_opens_a_private_home_for_reading(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The runs before stay private."""
    before, _ = recorded(tmp_path / "home")
    monkeypatch.setenv("GREENTRAIN_SHARED", "1")
    after, _ = recorded(tmp_path / "home", "later")

    assert [rights(each) for each in (tmp_path / "home", before.parent, before, after)] == [
        0o750, 0o750, 0o700, 0o2750
    ]  # fmt: skip


@as_root
def test_a_home_that_several_may_write_serves_all(shared: Path) -> None:
    """By its own rights, without any setting; a user sees the own runs, and that there are others, and root all."""
    with umask(0o022):
        for user, name in ((DAEMON, "a"), (NOBODY, "b")):
            with acting_as(user):
                folder, problem = make_run_folder(str(shared), name)
                assert problem is None
                one_hour(Path(str(folder)))
    # Root comes first: it can load what Python has not loaded yet.
    assert sorted(each.id for each in History(shared).runs()) == ["a", "b"]
    with acting_as(NOBODY):
        found = History(shared).select()

    # That new folders take the home's group is kept where the user who makes it is in that group.
    assert rights(shared / "runs") & 0o1777 == 0o1777
    assert ([each.id for each in found], found.unreadable) == (["b"], ())
    assert found.left_out == ("1 run of another user is private, and left out",)


@as_root
def test_a_home_whose_runs_were_private_serves_all_again(shared: Path) -> None:
    """As greentrain 0.1.0 left it under the usual umask: its user's next run gives it the rights of the home."""
    (shared / "runs").mkdir(mode=0o755)
    os.chown(shared / "runs", DAEMON, DAEMON)
    for user in (DAEMON, NOBODY):
        with acting_as(user):
            recorded(shared, f"of-{user}")

    assert sorted(each.name for each in (shared / "runs").iterdir()) == ["of-1", "of-65534"]


@as_root
def test_one_id_of_two_users_is_two_runs(shared: Path) -> None:
    """The second user's ranks find each other in a folder that names the user."""
    with acting_as(DAEMON):
        recorded(shared, "exp")
    with acting_as(NOBODY):
        folders = {recorded(shared, "exp")[0].name for _ in range(2)}

    assert folders == {"exp-65534"}


@as_root
def test_anothers_link_in_a_shared_home_leads_nowhere(shared: Path, tmp_path: Path, temporary: Path) -> None:
    """Neither in place of ``runs`` nor of the folder of a run."""
    (tmp_path / "private").mkdir()
    (shared / "runs").symlink_to(tmp_path / "private")
    os.lchown(shared / "runs", NOBODY, NOBODY)
    _, problem = spare_record(shared)
    assert problem.startswith(f"{shared} cannot be written ({shared}/runs is another user's link); the run's journal")
    (shared / "runs").unlink()
    (shared / "runs").mkdir()
    (shared / "runs" / "k").symlink_to(tmp_path / "private")
    os.lchown(shared / "runs" / "k", NOBODY, NOBODY)

    assert recorded(shared)[0] == shared / "runs" / "k-0"
    assert list((tmp_path / "private").iterdir()) == []
    assert History(shared).select().left_out == (f"{shared}/runs/k is left out: it is another user's link",)


def test_a_spare_folder_is_read_for_its_own_home_alone(temporary: Path, unwritable: Path, tmp_path: Path) -> None:
    """Both homes may have a run of one id."""
    other = tmp_path / "other"
    other.write_text("")
    for home in (unwritable, other, other):
        folder, problem = spare_record(home)
        assert problem == f"{home} cannot be written (Not a directory); the run's journal is in {folder}"
    usual = temporary / f"greentrain-{os.getuid()}"

    assert [rights(each) for each in (usual, usual / "runs", folder)] == [0o700] * 3
    assert [[each.id for each in History(home).runs()] for home in (unwritable, other)] == [["k"], ["k"]]
    assert {History(home).runs()[0].folders for home in (unwritable, other)} == {
        (str(each),) for each in (usual / "runs").iterdir()
    }
    assert list(History(tmp_path / "third")) == []


def test_runs_of_an_earlier_version_are_read_with_the_usual_home(
    temporary: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """They do not state their home: one that the user names does not list them."""
    one_hour(temporary / f"greentrain-{os.getuid()}" / "runs" / "old")
    monkeypatch.delenv("GREENTRAIN_HOME", raising=False)
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    monkeypatch.setenv("HOME", str(tmp_path / "data"))
    assert [each.id for each in History()] == ["old"]

    monkeypatch.setenv("GREENTRAIN_HOME", str(tmp_path / "named"))
    assert list(History()) == []


@as_root
@pytest.mark.parametrize("what", ["of another", "for all", "link", "runs of another", "runs for all", "runs link"])
def test_a_spare_folder_that_others_may_have_made(temporary: Path, unwritable: Path, tmp_path: Path, what: str) -> None:
    """It is neither written nor read, and the reader says so; the run is in a fresh one, which is found again."""
    usual = temporary / "greentrain-0"
    planted = tmp_path / "planted"
    one_hour(planted / "runs" / "old")
    bad = usual / "runs" if what.startswith("runs") else usual
    if what.startswith("runs"):
        usual.mkdir(mode=0o700)
    if what.endswith("link"):
        bad.symlink_to(planted)
    else:
        one_hour(usual / "runs" / "old")
        bad.chmod(0o777 if what.endswith("all") else 0o755)
    if not what.endswith("all"):
        os.lchown(bad, NOBODY, NOBODY)
    before = sorted(tmp_path.rglob("planted/**/*"))
    folder, _ = spare_record(unwritable)
    found = History(unwritable).select()

    assert folder.parents[1].name.startswith("greentrain-0-")
    assert rights(folder.parents[1]) == 0o700
    assert sorted(tmp_path.rglob("planted/**/*")) == before
    assert [each.id for each in found] == ["k"]
    why = "others can write it, or a folder above it" if what.endswith("all") else "it is another user's"
    assert found.left_out == (f"{bad} is not used: {why}",)


@as_root
@pytest.mark.parametrize(("owner", "mode", "is_read"), [(0, 0o1777, True), (0, 0o777, False), (DAEMON, 0o755, False)])
def test_folders_above_a_spare_one(temporary: Path, unwritable: Path, owner: int, mode: int, is_read: bool) -> None:
    """Where others can exchange the spare folder it is private all the same, but what lies there later is not read."""
    temporary.chmod(mode)
    os.chown(temporary, owner, owner)
    folder, _ = spare_record(unwritable)
    found = History(unwritable).select()

    assert rights(folder.parents[1]) == 0o700
    assert [each.id for each in found] == ["k"] * is_read
    doubt = f"{folder.parents[1]} is not used: others can write it, or a folder above it"
    assert found.left_out == (() if is_read else (doubt,))


@as_root
def test_a_file_of_another_in_a_spare_folder(temporary: Path, unwritable: Path) -> None:
    """Its run is left out, the others are not."""
    for key in ("k", "m"):
        folder, _ = spare_record(unwritable, key)
    (journal, *_) = sorted(folder.iterdir())
    os.chown(journal, NOBODY, NOBODY)
    found = History(unwritable).select()

    assert [each.id for each in found] == ["k"]
    assert found.left_out == (f"{journal} is not used: it is another user's",)


def test_a_journal_made_anew_is_private(tmp_path: Path) -> None:
    """Also the folders above it, after somebody has removed them all."""
    folder, _ = make_run_folder(str(tmp_path / "home"), "k")
    journal = JournalWriter(str(folder), "tracker")
    rmtree(tmp_path / "home")
    with umask(0):
        journal.write({"type": "start"})
    journal.close()

    paths = (Path(journal.path), Path(str(folder)), tmp_path / "home" / "runs", tmp_path / "home")
    assert [rights(each) for each in paths] == [0o600, *[0o700] * 3]
