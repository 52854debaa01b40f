"""What readers of strangers' tables do with any: series of carbon intensity, profiles, lists of places."""

from collections.abc import Callable
from pathlib import Path

import pytest
from conftest_fuzz import FUZZ
from hypothesis import given
from hypothesis import strategies as st

import greentrain
from greentrain import GreentrainError

ODD = st.sampled_from(
    ["", " ", ",", ",,", '"', "\n", "\r", "\r\n", "\0", "\ufeff", "\x1b[2J", "\udcff", "\u202e", "=1+1", "nan", "1e999",
     "-1", "9" * 400, "9999-12-31T23:59:59-23:59", "0001-01-01T00:00+23:59", "2026-02-30", "x" * 300, ";", "\t"]
) | st.text(max_size=8)  # fmt: skip
SERIES = "timestamp,g_per_kwh,kind\n2026-03-01T00:00Z,50,forecast\n2026-03-01T01:00Z,60,\n2026-03-01T02:00Z,,\n"
PROFILES = "id,name,hardware_class,tdp_w,source\nx1,X1,workstation,300,mine\nx2,X2,pcie-server,400,mine\n"
PLACES = "location\nFR\nDE # a remark\naws:us-east-1\n"


def _schedule(path: Path) -> object:
    return greentrain.best_start("V100", hours=1, location="FR", grid_series=path)


def _estimate(path: Path) -> object:
    return greentrain.estimate("V100", hours=1, profiles=path.parent)


def _compare(path: Path) -> object:
    return greentrain.compare("V100", hours=1, places=str(path))


@FUZZ
@given(
    st.sampled_from(
        [(SERIES, "series.csv", _schedule), (PROFILES, "accelerators.csv", _estimate), (PLACES, "places.txt", _compare)]
    ),
    st.lists(st.tuples(st.integers(0, 120), st.integers(0, 6), ODD), min_size=1, max_size=4),
)  # fmt: skip
def test_any_table_is_refused_in_one_line_or_read(
    tmp_path_factory: pytest.TempPathFactory,
    kind: tuple[str, str, Callable[[Path], object]],
    changes: list[tuple[int, int, str]],
) -> None:
    """Cells, quotes, line ends and headers that are changed anywhere."""
    text, name, read = kind
    for place, gone, word in changes:
        text = text[:place] + word + text[place + gone :]
    path = tmp_path_factory.mktemp("table") / name
    path.write_bytes(text.encode("utf-8", "surrogatepass"))
    try:
        read(path)
    except GreentrainError as error:
        _check_message(str(error))


def _check_message(message: str) -> None:
    assert message.isprintable()
    assert len(message) < 1100
