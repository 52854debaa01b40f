"""Reports over HTTP: every form with its options, but for what names a file of this computer's."""

from importlib import import_module
from typing import Any

from greentrain.errors import InputError
from greentrain.estimation import estimate
from greentrain.reporting.build_data import read_made_at
from greentrain.reporting.report import form_of, report
from greentrain.web.parameters import NAMES

HEADING = ("title", "made_at")
_FILES = {"template"}


def form_options(name: str) -> tuple[str, ...]:
    """List the options of a form that a request may state."""
    render = import_module(f"greentrain.reporting.forms.{form_of(name).module}").render
    return tuple(option for option in render.__kwdefaults__ or () if option not in _FILES)


def form_parameters(name: str) -> tuple[str, ...]:
    """List all that a request for a form may state.

    Raises
    ------
    UnknownName
        If there is no such form.
    """
    return (*NAMES, *HEADING, *form_options(name))


def report_of(name: str, values: dict[str, Any], profiles: str | None) -> str:
    """Report a described run in a form.

    Parameters
    ----------
    name : str
        Of the form.
    values : dict
        Keywords of ``estimate``, title, date and options of the form.
    profiles : str or None
        Folder of own profiles.
    """
    said = {option: _text(option, values[option]) for option in (*HEADING, *form_options(name)) if option in values}
    described = {option: value for option, value in values.items() if option not in said}
    result = estimate(**described, profiles=profiles)
    made_at = read_made_at(said.pop("made_at", None))
    return report(result, name, title=said.pop("title", None), made_at=made_at, **said)


def _text(option: str, value: Any) -> str:
    """Return the value of an option as the command line has it."""
    if isinstance(value, str):
        return value
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        return repr(value)
    raise InputError(option, value, "must be text or a number")
