"""The forms of a report are named from one table."""

import io
import re
from contextlib import redirect_stdout
from pathlib import Path

import pytest

import greentrain
from greentrain.cli import main
from greentrain.reporting.forms import FORMS

PAGE = Path(__file__).parents[2] / "docs" / "reports.md"


def test_help_names_every_form(monkeypatch: pytest.MonkeyPatch) -> None:
    """From the table itself, so that a form that is added there is in it."""
    monkeypatch.setattr("sys.argv", ["greentrain", "report", "--help"])
    with redirect_stdout(io.StringIO()) as out, pytest.raises(SystemExit):
        main()
    words = " ".join(out.getvalue().split()).replace("model- card", "model-card")  # it breaks lines there
    assert f"{', '.join([*FORMS][:-1])} or {[*FORMS][-1]}; svg or png for the charts alone, with --charts." in words


@pytest.mark.parametrize("form", FORMS)
def test_documents_name_every_form(form: str) -> None:
    """The docstring and the page on reports are written by hand: a form that is added has to be put in."""
    assert form in (greentrain.report.__doc__ or "").replace(",", " ").replace(".", " ").split()
    named = re.findall(r"[\w-]+", PAGE.read_text(encoding="utf-8"))
    assert form in named
