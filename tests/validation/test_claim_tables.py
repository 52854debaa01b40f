"""What can be wrong with the rows of a user's own claims, and the exact message."""

from pathlib import Path

import pytest

from greentrain.catalogue import check_profiles

SCENARIO = "claim,id,kind,label,gpu,count,hours,pue,published_kg,tolerance,source"
OWN_TABLES = [
    (
        f"{SCENARIO}\nbert-flight,x,recalculated,x,V100,,10,,,,a b",
        "row 2, column count: must not be blank where gpu is given",
    ),
    (
        f"{SCENARIO}\nbert-flight,x,superseded,x,,,,,,,a b",
        "row 2, column published_kg: must not be blank where gpu is",
    ),
    (
        f"{SCENARIO}\nbert-flight,x,recalculated,x,V100,1,10,,4,,a b",
        "row 2, column tolerance: must not be blank where gpu is given",
    ),
    (
        f"{SCENARIO}\nbert-flight,x,published,x,V100,1,10,,,,a b",
        "row 2, column published_kg: must not be blank for a scenario of kind published",
    ),
    (
        f"{SCENARIO}\nbert-flight,x,own,x,V100,1,10,1.2,,,a b",
        "row 2, column pue: must be blank for a scenario of kind own, which takes our defaults",
    ),
    (
        f"{SCENARIO}\nbert-flight,x,guess,x,V100,1,10,,,,a b",
        "row 2, column kind: 'guess' is not one of "
        "published, correction, recalculated, own, superseded, misprint, other-job",
    ),
    (
        f"{SCENARIO}\nbert-fligth,x,recalculated,x,V100,1,10,,,,a b",
        "row 2, column claim: 'bert-fligth' is no id of claims.csv, ours or yours; did you mean bert-flight?",
    ),
]


@pytest.mark.parametrize(("text", "message"), OWN_TABLES)
def test_a_bad_scenario(tmp_path: Path, text: str, message: str) -> None:
    """A scenario can be estimated or was printed, and belongs to a claim."""
    (tmp_path / "claim_scenarios.csv").write_text(f"{text}\n")
    assert list(map(str, check_profiles(tmp_path))) == [f"claim_scenarios.csv, {message}"]


@pytest.mark.parametrize(
    ("row", "message"),
    [
        (
            "bert-flight,flight-ny-fs,reference,,a b",
            "column activity: 'flight-ny-fs' is no id of equivalents.csv, ours or yours; did you mean",
        ),
        ("bert-flight,flight-ny-sf,meant,,a b", "column role: 'meant' is not one of reference, mistaken"),
        (
            "bert-flight,flight-ny-sf,reference,nothing-like-it,a b",
            "column others: 'nothing-like-it' is no id of equivalents.csv, ours or yours",
        ),
    ],
)
def test_a_bad_comparison(tmp_path: Path, row: str, message: str) -> None:
    """What is compared with is in the table of activities."""
    (tmp_path / "claim_references.csv").write_text(f"claim,activity,role,others,source\n{row}\n")
    (problem,) = check_profiles(tmp_path)
    assert str(problem).startswith(f"claim_references.csv, row 2, {message}")
