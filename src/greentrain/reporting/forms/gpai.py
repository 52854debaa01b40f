"""EU AI Act: the items on computation and energy of the model documentation of a general-purpose model."""

from collections.abc import Iterator

from greentrain.numbers import counted, hours_as_given, in_small_unit, least
from greentrain.reporting import scope_statements
from greentrain.reporting.escaping import markdown
from greentrain.reporting.file_mark import made_by
from greentrain.reporting.form_units import FormUnit, form_unit
from greentrain.reporting.report_data import STATED, STATUSES, ReportData, Size

FORM = "gpai"
FORM_VERSION = "Model Documentation Form of 10 July 2025"
_FEW_HOURS = 0.1
"""Less is stated in smaller units too. [h]"""
_MOST_HARDWARE = 50
"""So many kinds of hardware are listed: whoever asks by law asks for all."""

_DAYS_PER_MONTH = 365.25 / 12
_RANGES = ((1, "less than 1 month"), (3, "1 to 3 months"), (6, "3 to 6 months"))
_OF_PROFILES = {"tdp", "accelerator_power", "cpu_tdp_per_core"}
_FILLED = (
    "the unmeasured rest is estimated: time without a reading at the mean power of the rest, components without a "
    "meter from computational resources"
)
_NOT_STATED = "not stated to greentrain"


def render(data: ReportData) -> str:
    """Write the items as a Markdown table, numbers with two significant figures, and the methods in words."""
    scope_statements.refuse_nothing(data, FORM)
    lines = [
        f"<!-- {made_by(data)} -->",
        "",
        f"# Computation and energy of training: {markdown(data.title)}",
        "",
        f"For Annex XI, section 1, point 2 (d) and (e) of Regulation (EU) 2024/1689; items of the {FORM_VERSION}.",
        "",
        *scope_statements.warning_lines(data),
        "| Item | Answer |",
        "| --- | --- |",
        *(f"| {item} | {answer} |" for item, answer in _items(data).items()),
        "",
        "## Measurement methodology (computation)",
        "",
        markdown(compute_method(data)),
        "",
        "## Measurement methodology (energy)",
        "",
        markdown(energy_method(data)),
    ]
    return "\n".join(lines) + "\n"


def _items(data: ReportData) -> dict[str, str]:
    amount = f"{least(data.is_least)}{form_unit(FORM, 'energy').with_unit(data.facility_energy_kwh.best)}"
    hours, devices = scope_statements.wall_clock_hours(data), scope_statements.accelerator_hours(data)
    return {
        "Training time, range": _range(hours),
        "Training time, wall-clock days": _amount(form_unit(FORM, "days"), hours),
        "Training time, hardware-days": _amount(form_unit(FORM, "hardware_days"), devices),
        "Hardware": markdown(scope_statements.hardware_of(data, _MOST_HARDWARE)) or _NOT_STATED,
        "Amount of computation used for training": _flop(data),
        "Amount of energy used for training": f"{amount}{_small(data, ' ({})')}",
        **dict(_by_status(data)),
        "How the energy is known": scope_statements.basis_text(data),
    }


def _by_status(data: ReportData) -> Iterator[tuple[str, str]]:
    """Yield the energy of final, preliminary, failed and other runs, where there are several kinds of them."""
    found: dict[str, list[float]] = {}
    for line in scope_statements.known_lines(data):
        found.setdefault(line.status, []).append(line.facility_energy_kwh.best)  # type: ignore[union-attr]
    if len(found) < 2:
        return
    for status in STATUSES:
        if status in found:
            number = sum(line.runs for line in data.lines if line.status == status)
            energy = form_unit(FORM, "energy").with_unit(sum(found[status]))
            yield f"Of it by {status} runs", f"{energy}, {counted(number, 'run')}"


def _amount(unit: FormUnit, hours: float | None) -> str:
    if hours is None:
        return _NOT_STATED
    small = f" ({hours_as_given(hours)})" if hours < _FEW_HOURS else ""
    return f"{unit.with_unit(hours)}{small}"


def _small(data: ReportData, words: str) -> str:
    """Write a small energy with a prefix too: the form asks for MWh, of which nobody counts nine zeros."""
    shown = in_small_unit(data.facility_energy_kwh.best, "kWh")
    return words.format(shown) if shown else ""


def _range(hours: float | None) -> str:
    if hours is None:
        return _NOT_STATED
    months = hours * form_unit(FORM, "days").factor / _DAYS_PER_MONTH
    return next((words for most, words in _RANGES if months < most), "more than 6 months")


def _flop(data: ReportData) -> str:
    if data.size is None or data.size.flops is None:
        return _NOT_STATED
    unit = form_unit(FORM, "flop")
    mantissa, exponent = f"{unit.number(data.size.flops):.{unit.digits - 1}e}".split("e")
    return f"{mantissa} x 10^{int(exponent)} {unit.unit}{_unstated(data.size)}"


def _unstated(size: Size) -> str:
    """State of how many runs the operations are not in the sum."""
    if not size.unstated:
        return ""
    does = "does" if size.unstated == 1 else "do"
    return f" without {counted(size.unstated, 'run')} that {does} not state it"


def compute_method(data: ReportData) -> str:
    """Describe how the computation was counted."""
    if data.size is None or data.size.flops is None:
        return "The number of operations was not stated; training time and hardware are those of the runs covered."
    known = "6 x (active) parameters x tokens" if data.size.tokens is not None else STATED
    way = data.size.counted or known
    own = "" if way == STATED else " Recomputation of activations is not counted."
    which = _unstated(data.size).replace(" without", ", without") or ", all runs covered together"
    return f"Operations of training: {way}{which}.{own}"


def energy_method(data: ReportData) -> str:
    """Describe in about a hundred words how the energy was found and what it covers."""
    energy, value = form_unit(FORM, "energy"), data.facility_energy_kwh
    span = scope_statements.span_text(value, energy.text(value.low), energy.with_unit(value.high))
    sentences = (
        _how(data),
        f"Boundary: {scope_statements.boundary_text(data)}.",
        f"Runs covered: {scope_statements.runs_text(data)}.",
        f"Result: {least(data.is_least)}{energy.with_unit(value.best)}, {span}{_small(data, ', that is {}')}.",
        "Energy of making the hardware, of preparing data and of inference is not included.",
        f"Computed with {scope_statements.versions_text(data)}.",
    )
    return " ".join(sentences)


def _how(data: ReportData) -> str:
    parts = [scope_statements.meters_text(data), "read by codecarbon" if data.versions.codecarbon else ""]
    meters = ", ".join(part for part in parts if part)
    if data.basis == "measured":
        return f"Energy was measured during the runs: {meters}; gaps are marked in the record of the run."
    if data.basis == "mixed":
        is_filled = any(line.is_filled for line in data.lines)
        rest = f"; {_FILLED}" if is_filled else "; what was not measured is not in the figures"
        return f"Energy was measured in part: {meters}{rest}."
    if data.kind == "estimate":
        return f"Energy is estimated from computational resources; no meter was read. {_estimated(data)}"
    if any(name in data.inputs for name in _OF_PROFILES):
        return f"Energy is estimated from computational resources; no meter reading was used. {_estimated(data)}"
    return "Energy is modelled from the load of processors and the size of memory; no sensor read what did the work."


def _estimated(data: ReportData) -> str:
    names = data.inputs
    hours = "hours (derived from operations over peak times utilization)" if "mfu" in names else "hours"
    if "cpu_cores" in names:
        return f"The estimate multiplies {hours} with the power of each component."
    power = "their measured mean power" if "accelerator_power" in names else "their rated power and mean utilization"
    of_server = "the ratio of a full server's power to it, as wall meters read it"
    if "node_ratio" in names and "host_power" in names:
        power = (
            f"their rated power, of full servers times {of_server}, of others times mean utilization, to which the "
            "power of the rest of the node is added"
        )
    elif "node_ratio" in names:
        power = f"their rated power and {of_server}"
    elif "host_factor" in names:
        power += " and a factor for the rest of the node"
    elif "host_power" in names:
        power = f"the sum of {power.replace(' and', ' times')} and the power of the rest of the node"
    return f"The estimate multiplies number of accelerators, {hours} and {power}."
