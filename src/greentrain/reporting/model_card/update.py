"""A model card brought up to date: emissions in its front matter and the section on environmental impact."""

import os
from typing import TYPE_CHECKING, Any

from greentrain.bounded_file import read_regular
from greentrain.errors import DataError, InputError, path_text
from greentrain.reporting.build_data import report_data_of
from greentrain.reporting.forms.model_card import metadata, section_lines
from greentrain.reporting.model_card.front_matter import find_front_matter, line_end_of, with_mapping
from greentrain.reporting.model_card.section import with_section
from greentrain.reporting.model_card.stated_emissions import (
    KEY,
    StatedEmissions,
    emissions_of_front_matter,
    figures_beside,
    grams_text,
    quotable,
    replaced_facts,
    stated_emissions,
)
from greentrain.reporting.report_data import ReportData
from greentrain.units import G_PER_KG

if TYPE_CHECKING:
    from greentrain.reporting.build_data import Reportable

LONGEST_CARD_BYTES = 8 * 2**20
"""Length of a card. [B]"""


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
        Whether an estimate may take the place of a measurement, or of a figure whose source does not say plainly that
        it is an estimate. Default: it is refused.

    Returns
    -------
    str
        The whole card. ``co2_eq_emissions`` in its front matter [g] and greentrain's block in the section on
        environmental impact are new; everything else is as it was.

    Raises
    ------
    InputError
        If the result has no emissions to state, if it is an estimate and the card states surer ones, or if the card's
        front matter cannot be edited safely.
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
    """Refuse an estimate where the card states a measurement, or a figure of which it does not say what it is.

    Raises
    ------
    InputError
        Where it does; the rule names ``replace``.
    """
    if data.basis != "estimated":
        return
    surer = [item for item in stated_emissions(card) if not item.is_less_sure]
    if surer:
        old, new = surer[0], grams_text(data.operational_kg.best * G_PER_KG)
        raise InputError("card", None, f"states {_described(old)}an estimate of {new} must not replace unasked; {_ASK}")


_ASK = "{replace} does"


def _described(old: StatedEmissions) -> str:
    if not old.is_measured:
        return f"{old.text}, which does not say that it is an estimate and which "
    words = quotable(old.source or old.beside)
    return f"{old.figure}, measured{'' if words in old.figure else f' ({words})'}, which "


def replaced_texts(old: str, new: str) -> tuple[str, ...]:
    """Write what the new text of a card replaces, ``replaced 300 g by 397 g``, and which figures stay beside it."""
    before, after = emissions_of_front_matter(old), emissions_of_front_matter(new)
    found = []
    if before is not None and after is not None and before.figure != after.figure:
        found.append(f"replaced {before.text} by {after.figure}")
    if facts := replaced_facts(old, new):
        found.append(f"replaced in the section: {'; '.join(facts)}")
    if beside := figures_beside(new):
        found.append(f"these words stay beside the new figure: {', '.join(beside)}")
    return tuple(found)


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
    name = path_text("card", path)
    try:
        return read_regular(name, LONGEST_CARD_BYTES)
    except UnicodeDecodeError as error:
        raise DataError(name, f"not UTF-8: byte {error.start} is {error.object[error.start]:#04x}") from None
    except OSError as error:
        raise DataError(name, f"cannot be read: {error.strerror}") from None


def _text(card: Any) -> str:
    if isinstance(card, str) and ("\n" in card or "\r" in card or not card):
        return card
    return read_card(card)
