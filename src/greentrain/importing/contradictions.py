"""What two records state that rules out that they are of one work."""

from greentrain.catalogue import load_catalogue
from greentrain.errors import GreentrainError
from greentrain.importing.imported_run import ImportedRun


def contradict(run: ImportedRun, other: ImportedRun) -> bool:
    """Whether they state different countries, models of accelerators or CPUs."""
    return any(one and two and one.isdisjoint(two) for one, two in zip(_stated(run), _stated(other), strict=True))


def _stated(run: ImportedRun) -> tuple[set[str], ...]:
    """Return its country with territories, models and CPU; nothing of what is assumed, a family's usual or unknown."""
    catalogue, location = load_catalogue(), "" if "fallback_location" in run.flags else run.location
    is_known = all(device.profile for device in run.devices)
    try:
        place = catalogue.places.find(location).place if location else None
        named = [catalogue.hardware.read_accelerator(device.asked) for device in run.devices if is_known]
    except GreentrainError:
        return set(), set(), set()
    countries = {place.country, *place.members} if place and place.kind != "aggregate" else set[str]()
    models = set[str]() if any(each.family for each in named) else {each.profile.id for each in named}
    return countries, models, {run.cpu.id} if run.cpu else set()
