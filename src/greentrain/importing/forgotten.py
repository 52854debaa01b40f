"""What becomes of the records of one work when some of them are forgotten: those that are left stand for it."""

from collections.abc import Container, Iterator
from typing import Any, NamedTuple

from greentrain.catalogue import load_catalogue
from greentrain.importing.imported_run import ImportedRun
from greentrain.importing.joined_runs import on_its_own, rejoined
from greentrain.importing.known_runs import SAME_ENERGY
from greentrain.importing.run_kinds import RunKinds
from greentrain.importing.site_map import SiteMap
from greentrain.importing.store import ImportStore
from greentrain.importing.witnesses import linked_runs


class Left(NamedTuple):
    """What is left of works.

    Attributes
    ----------
    runs : tuple of ImportedRun
        Those that change, as they are from now on.
    standing : tuple of str
        Which of them stand for a work whose run is forgotten.
    without : tuple of str
        Which of them had the energy of a record that is forgotten.
    """

    runs: tuple[ImportedRun, ...] = ()
    standing: tuple[str, ...] = ()
    without: tuple[str, ...] = ()


def left_of(store: ImportStore, ids: Container[str]) -> Left:
    """Return what is left of works once some runs of a store are forgotten, which are still there.

    Parameters
    ----------
    store : ImportStore
        The imports.
    ids : container of str
        What will be forgotten.
    """
    freed, torn, held = set[str](), dict[str, list[Any]](), set[str]()
    for id, rows in _witnesses(store):
        others = {str(row[0]): row for row in rows[1:]}
        if id in ids:
            freed |= others.keys()
            continue
        held |= others.keys()
        if any(other in ids for other in others):
            torn[id] = [row for other, row in others.items() if other not in ids]
    freed = {id for id in freed - held if id not in ids}
    if not freed and not torn:
        return Left()
    wanted = freed | torn.keys() | {str(row[0]) for rows in torn.values() for row in rows}
    records = {run.id: run for run in store.runs() if run.id in wanted}
    kinds = RunKinds(load_catalogue(), SiteMap({}), location=None, gpu="")
    made = {
        id: rejoined(records[id], {str(row[0]): row for row in rows}, records, kinds)
        for id, rows in torn.items()
        if id in records
    }
    alone = [on_its_own(records[id]) for id in sorted(freed & records.keys())]
    linked = linked_runs(
        alone, lambda: (made.get(run.id, run) for run in store.runs() if run.id not in ids), kinds, _cannot_be_read
    )
    changed = made | {run.id: run for run in alone} | {run.id: run for run in linked.runs}
    standing = tuple(id for id in sorted(freed) if id in changed and changed[id].is_counted)
    return Left(tuple(changed.values()), standing, tuple(id for id in sorted(made) if _has_less(made[id], records[id])))


def _has_less(run: ImportedRun, before: ImportedRun) -> bool:
    """Whether a run has another energy than before; one by its own meter keeps it whatever its witnesses were."""
    kwh, was = run.stated.measured_energy_kwh or 0.0, before.stated.measured_energy_kwh or 0.0
    return abs(kwh - was) > SAME_ENERGY * max(kwh, was) or run.stated.boundary != before.stated.boundary


def _cannot_be_read(log: ImportedRun, start: float, end: float) -> None:
    """Read nothing: a log whose file is there no more stands for itself."""


def _witnesses(store: ImportStore) -> Iterator[tuple[str, list[Any]]]:
    """Yield each run that has witnesses, once, with what it keeps of them."""
    seen: set[str] = set()
    for path in store.files():
        for _, line in store.chunks(path):
            columns = line["columns"]
            rows = columns.get("witnesses") or [()] * len(columns["id"])
            yield from ((id, each) for id, each in zip(columns["id"], rows, strict=False) if each and id not in seen)
            seen.update(columns["id"])
