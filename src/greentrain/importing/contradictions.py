"""What two records state that rules out that they are of one work: different places, models of accelerators or CPUs."""

from greentrain.catalogue import load_catalogue
from greentrain.errors import GreentrainError
from greentrain.importing.imported_run import ImportedRun

_ASSUMED = "fallback_location"


def contradict(run: ImportedRun, other: ImportedRun) -> bool:
    """Whether what two records state cannot both be true of one work."""
    pairs = ([of(each) for each in (run, other)] for of in (_countries, _cpu, _models))
    return any(all(pair) and pair[0].isdisjoint(pair[1]) for pair in pairs)


def _countries(run: ImportedRun) -> set[str]:
    """Return the country that it ran in, with the territories counted in it; nothing where a tool assumed it."""
    if not run.location or _ASSUMED in run.flags:
        return set()
    try:
        place = load_catalogue().places.find(run.location).place
    except GreentrainError:
        return set()
    return set() if place.kind == "aggregate" else {place.country, *place.members}


def _cpu(run: ImportedRun) -> set[str]:
    return {run.cpu.id} if run.cpu else set()


def _models(run: ImportedRun) -> set[str]:
    """Return the ids of its accelerators; nothing where one of them is a family's usual one, or not known."""
    found: set[str] = set()
    for device in run.devices:
        if device.profile is None:
            return set()
        try:
            named = load_catalogue().hardware.read_accelerator(device.asked)
        except GreentrainError:
            return set()
        if named.family is not None:
            return set()
        found.add(named.profile.id)
    return found
