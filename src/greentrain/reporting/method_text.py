"""How figures come about, in sentences: the method that a report states."""

from collections.abc import Iterable, Sequence

from greentrain.estimation import Estimate
from greentrain.numbers import counted

_INTERVALS = (
    "Every result is a best value with a 90 % interval: factors combine in log space and terms of a sum by the "
    "squares of their half-widths, as independent errors do."
)
_LOCATION_BASED = (
    "Operational emissions are facility energy times the carbon intensity of the grid at the place and in the year "
    "named (location-based); certificates and offsets are not counted."
)
_EMBODIED = (
    "Embodied emissions are the share of making the hardware that falls to the time in use; they are stated separately "
    "and are not in the operational figure."
)
_WATER = "Water is what the site's cooling and the power stations consume."


def estimate_method(estimate: Estimate) -> tuple[str, ...]:
    """Describe how an estimate was made.

    Parameters
    ----------
    estimate : Estimate
        Whose inputs decide which of the formulas were used.
    """
    names = estimate.inputs
    power = "the measured mean power of an accelerator" if "accelerator_power" in names else "TDP times utilization"
    of_node = f"times the sum of {power} and the power of the host (CPU, memory, fans, losses)"
    if "node_ratio" in names:
        of_node = "times TDP times the ratio of a full server's power to it, as wall meters read it"
    elif "host_factor" in names:
        of_node = f"times {power} times a host factor for the rest of the node (CPU, memory, fans, losses)"
    elif "host_power" not in names:
        of_node = f"times {power}, which holds the host"
    sentences = [f"IT energy is the number of accelerators times hours {of_node}."]
    if "cpu_cores" in names:
        sentences = ["IT energy is the sum of the components' power (accelerators if any, CPU, memory) times hours."]
    if "mfu" in names:
        sentences.insert(0, "Accelerator-hours follow from the operations of the training, 6 x parameters x tokens "
                            "(3 x for an encoder-decoder), over the dense peak times the model FLOPs "
                            "utilization.")  # fmt: skip
    return (*sentences, "Facility energy is IT energy times PUE.", *common_method())


def common_method() -> tuple[str, ...]:
    """Describe what holds of every result, from facility energy on."""
    return (_LOCATION_BASED, _EMBODIED, _WATER, _INTERVALS)


_MEASURED = {
    "measured": "IT energy was measured while the runs went on, by sensors of accelerators, CPU and memory where the "
    "machine has them; a component without a sensor is modelled from its load, with a wider interval.",
    "estimated": "IT energy is estimated from the hardware and the time that the runs took, or modelled from the load "
    "of processors and the size of memory; no sensor read what did the work.",
    "mixed": "IT energy was measured where the machine has sensors and the readings are usable; what is missing "
    "is filled in from the mean of the rest or estimated from the hardware and the time.",
}
_IMPORTED = (
    "IT energy is what these record, where it can be believed, and else estimated from the hardware and the time that "
    "they state; greentrain measured nothing."
)
_UNMETERED = (
    "What no sensor reads (fans, network cards, switches, losses of power supplies) is added as a share of what was "
    "recorded, by class of hardware."
)
_SUMS = (
    "In sums, what runs share, such as figures of one device, place or site, is wrong in all of them alike, and what "
    "is each run's own is independent."
)


def joined_names(names: Iterable[str]) -> str:
    """Return names once each, the last after ``and``."""
    *some, last = dict.fromkeys(names)
    return f"{', '.join(some)}{' and ' if some else ''}{last}"


def run_method(basis: str, runs: int, *, has_unmetered: bool, imported_from: Sequence[str] = ()) -> tuple[str, ...]:
    """Describe how the figures of runs of the history come about.

    Parameters
    ----------
    basis : {'measured', 'estimated', 'mixed'}
        How the energy is known.
    runs : int
        How many there are. [1]
    has_unmetered : bool
        Whether what no sensor reads was added to the energy of any of them.
    imported_from : sequence of str, optional
        Of each run that is imported the format of its file.
    """
    sums = (_SUMS,) if runs > 1 else ()
    unmetered = (_UNMETERED,) if has_unmetered else ()
    energy = [] if runs and len(imported_from) == runs else [_MEASURED[basis]]
    if imported_from:
        number = counted(len(imported_from), "run")
        whose = "The run is" if runs == 1 else f"{number} {'is' if len(imported_from) == 1 else 'are'}"
        energy.append(f"{whose} imported from files of other tools ({joined_names(imported_from)}): {_IMPORTED}")
    return (*energy, *unmetered, "Facility energy is IT energy times PUE.", *common_method(), *sums)
