"""What the last line of a cell of a notebook shows: a table with units, without scripts and foreign references."""

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import greentrain
from greentrain import History, compare, estimate, total

RUN = {"year": 2024, "power": 250, "host_factor": 1, "pue": 1.5}
FILE = "timestamp,project_name,run_id,duration,emissions,energy_consumed\n2024-05-01T10:00:00,bert,r1,3600,0.0168,0.3\n"


def _imported() -> Any:
    Path("emissions.csv").write_text(FILE)
    return greentrain.import_runs("emissions.csv", dry_run=True)


def _tracked() -> Any:
    with greentrain.track("bert", meter="none", gpu="V100", location="FR", quiet=True) as run:
        pass
    return run


RESULTS: dict[str, tuple[Callable[[], Any], str]] = {
    "estimate": (lambda: estimate("8xV100", hours=10, location="FR", **RUN), ">30.0 kWh</td>"),
    "chart": (lambda: greentrain.chart(estimate("8xV100", hours=10, location="FR", **RUN)), '<img src="data:image/svg'),
    "run": (_tracked, "bert completed after"),
    "view": (lambda: _tracked().view(), "bert completed after"),
    "measurement": (lambda: _tracked().measurement, "The energy is estimated."),
    "history": (lambda: (_tracked(), History())[1], "<caption"),
    "empty history": (lambda: History("nothing"), "No runs yet"),
    "totals": (lambda: (_tracked(), History().totals())[1], "The one run of known energy"),
    "total": (lambda: total([estimate("8xV100", hours=10, location="FR", **RUN)] * 2), ">60.0 kWh</td>"),
    "comparison": (lambda: compare("8xV100", hours=10, location=["PL", "SE"], **RUN), ">clearly worse</td>"),
    "schedule": (lambda: greentrain.best_start(hours=6, location="GB"), ">23 %</td>"),
    "import": (_imported, ">emissions.csv</td><td[^>]*>codecarbon</td>"),
    "validation": (lambda: greentrain.validate(), ">T3, metered energy</td>"),
}


@pytest.mark.parametrize("name", RESULTS)
def test_every_result_shows_something(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A table or a picture that says what it is, and that a stored notebook, a mail or a PDF shows as well."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("GREENTRAIN_HOME", str(tmp_path / "home"))
    make, expected = RESULTS[name]
    shown = make()._repr_html_()

    assert re.search(expected, shown)
    assert "<script" not in shown
    assert not re.search(r"(?:src|href|url)\s*[=(](?!\"data:image/)", shown)
    assert set(re.findall(r'https?://[^"<\s]*', shown)) <= {"http://www.w3.org/2000/svg"}
    assert len(shown) < 40_000
