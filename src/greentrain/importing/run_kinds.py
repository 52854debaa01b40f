"""What runs of one kind have in common: their devices, their place, what their hardware can draw."""

from collections.abc import Callable, Iterable
from typing import Any, NamedTuple

from greentrain.catalogue import Catalogue
from greentrain.errors import GreentrainError
from greentrain.estimation.grid import choose_grid
from greentrain.estimation.site import find_location
from greentrain.importing.foreign_run import ForeignRun
from greentrain.importing.gate import KnownDevice, PlausibilityGate
from greentrain.importing.imported_run import known_cpu
from greentrain.importing.run_footprint import year_of
from greentrain.importing.site_map import SiteMap

_MOST_KINDS = 8192


class RunKind(NamedTuple):
    """Runs with the same words for hardware and place.

    Attributes
    ----------
    devices : tuple of KnownDevice
        Their accelerators.
    location : str or None
        Where they ran.
    site_pue : float or None
        Its PUE, as the site's map states it. [1]
    gate : PlausibilityGate
        What they can have drawn.
    flags : tuple of str
        What is noticed of all of them.
    note : str
        What to know of their place; nothing where it is known or not stated.
    is_place_assigned : bool
        Whether an option or a map says it, not their file.
    """

    devices: tuple[KnownDevice, ...]
    location: str | None
    site_pue: float | None
    gate: PlausibilityGate
    flags: tuple[str, ...]
    note: str = ""
    is_place_assigned: bool = False


class RunKinds:
    """Finds what runs have in common, once for each kind.

    Parameters
    ----------
    catalogue : Catalogue
        Where hardware and places are.
    site : SiteMap
        What a site's words mean.
    location : str or None
        Where runs ran that do not say it.
    gpu : str
        What accelerators without a type are.
    """

    def __init__(self, catalogue: Catalogue, site: SiteMap, *, location: str | None, gpu: str) -> None:
        self._catalogue, self._site, self._location, self._gpu = catalogue, site, location, gpu
        self._found: dict[Any, RunKind] = {}

    def of(self, run: ForeignRun) -> RunKind:
        """Return the kind of a run."""
        of_node = self._site.words_of(run)
        key = (*run.accelerators.items(), run.cpu, run.boundary, run.places, of_node)
        found = self._found.get(key)
        if found is None:
            if len(self._found) >= _MOST_KINDS:
                self._found.clear()
            found = self._found[key] = self._new(run)
        return found

    def _new(self, run: ForeignRun) -> RunKind:
        devices = self._site.devices(run, self._catalogue, self._gpu)
        cpu = known_cpu(self._site.apply(run).cpu, self._catalogue)
        return RunKind(
            devices=devices,
            location=self._place(run),
            site_pue=self._site.pue(run),
            gate=PlausibilityGate(devices, cpu, self._catalogue, self._site.node(run), self._grid(run)),
            flags=("unknown_hardware",) if any(device.profile is None for device in devices) else (),
            note=self._note(run),
            is_place_assigned=self._found_of(run.places) is None,
        )

    def _grid(self, run: ForeignRun) -> Callable[[ForeignRun], tuple[float, str]] | None:
        """Return what gives the carbon intensity of the place that a run's file names."""
        code = self._found_of(run.places)
        place = None if code is None else find_location(self._catalogue, code, "")
        if place is None:
            return None
        return lambda each: (choose_grid(self._catalogue, place, year_of(each)).value.g_per_kwh, str(code))

    def _place(self, run: ForeignRun) -> str | None:
        """Return where a run ran: as its file says, else the site's map for its nodes, else what holds for all."""
        stated = self._site.of(run).get("location")
        return self._found_of((*run.places, *([stated] if stated else []))) or self._location

    def _note(self, run: ForeignRun) -> str:
        """Say that nobody knows the place that a file names, and what is taken instead."""
        if not run.places or self._found_of(run.places) is not None:
            return ""
        taken = self._place(run)
        return f"Nobody knows the place {run.places[0]!a} of its file: {taken or 'no place'} is taken."

    def _found_of(self, places: Iterable[str]) -> str | None:
        """Return the first of these places that the catalogue knows."""
        for words in places:
            try:
                return self._catalogue.places.find(words).code
            except GreentrainError:
                continue
        return None
