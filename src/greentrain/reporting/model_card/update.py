"""A model card brought up to date: emissions in its front matter and the section on environmental impact."""

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

from greentrain.errors import DataError
from greentrain.reporting.build_data import report_data_of
from greentrain.reporting.forms.model_card import KEY, metadata, section_lines
from greentrain.reporting.model_card.front_matter import find_front_matter, line_end_of, with_mapping
from greentrain.reporting.model_card.section import with_section
from greentrain.reporting.report_data import ReportData

if TYPE_CHECKING:
    from greentrain.reporting.build_data import Reportable


def update_card(card: str | os.PathLike[str], result: "Reportable", *, training_type: str | None = None) -> str:
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

    Returns
    -------
    str
        The whole card. ``co2_eq_emissions`` in its front matter [g] and greentrain's block in the section on
        environmental impact are new; everything else is as it was.

    Raises
    ------
    InputError
        If the result has no emissions to state, or the card's front matter cannot be edited safely.
    DataError
        If the file cannot be read.

    Examples
    --------
    >>> run = estimate("8xV100", hours=10, power=250, host_factor=1, pue=1.5, grid_intensity=400)
    >>> card = update_card("# My model\n", run)
    >>> card.splitlines()[:3]
    ['---', 'co2_eq_emissions:', '  emissions: 12000']
    """
    return updated_card(_text(card), report_data_of(result), training_type=training_type)


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
