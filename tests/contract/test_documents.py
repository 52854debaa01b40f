"""Documents and settings of the repository: well-formed, true to the project, with links that lead somewhere."""

import re
import tomllib
from pathlib import Path

import pytest
import yaml

import greentrain
from greentrain._version import __version__
from greentrain.footprint import QUANTITIES

ROOT = Path(__file__).parents[2]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
FORMS = ROOT / ".github" / "ISSUE_TEMPLATE"
DOCUMENTS = sorted(
    path
    for folder in (".", "docs", ".github", "benchmarks", "hardware_profiles", "src/greentrain/data")
    for path in (ROOT / folder).glob("*.md")
)
SETTINGS = sorted(
    [*ROOT.glob("*.cff"), *ROOT.glob(".*.yaml"), *(ROOT / ".github").rglob("*.yml")], key=lambda path: path.name
)
LINK = re.compile(r"(?<!!)\[[^\]\n]+\]\(([^)\s]+)\)")
FENCED = re.compile(r"^```.*?^```$", re.MULTILINE | re.DOTALL)


def name_of(path: Path) -> str:
    """Name a file as seen from the top of the project."""
    return str(path.relative_to(ROOT))


@pytest.mark.parametrize("path", DOCUMENTS, ids=name_of)
def test_links_lead_to_files(path: Path) -> None:
    """Each link that is no address is a file, and its anchor, if any, a heading in it."""
    for link in LINK.findall(FENCED.sub("", path.read_text())):
        if link.startswith("https://"):
            continue
        file, _, anchor = link.partition("#")
        target = path.parent / file if file else path
        assert target.exists(), link
        if anchor:
            assert anchor in {_anchor(line) for line in target.read_text().splitlines() if line.startswith("#")}, link


def _anchor(heading: str) -> str:
    return re.sub(r"[^\w -]", "", heading.lstrip("# ").lower()).replace(" ", "-")


def test_every_document_is_found_from_the_readme() -> None:
    """One reaches all documents at the top and in docs by following links."""
    reached, waiting = set(), [ROOT / "README.md"]
    while waiting:
        path = waiting.pop()
        reached.add(path)
        links = [link.partition("#")[0] for link in LINK.findall(path.read_text())]
        found = {(path.parent / link).resolve() for link in links if link.endswith(".md") and "://" not in link}
        waiting += [target for target in found if target.exists() and target not in reached]
    lost = [name_of(path) for path in DOCUMENTS if path.parent in (ROOT, ROOT / "docs") and path not in reached]
    assert [name for name in lost if name != "CHANGELOG.md"] == []


@pytest.mark.parametrize("path", SETTINGS, ids=name_of)
def test_settings_are_yaml(path: Path) -> None:
    """Each is one mapping; hooks for others are a list of them."""
    assert isinstance(yaml.safe_load(path.read_text()), list if path.name == ".pre-commit-hooks.yaml" else dict)


def test_the_citation_is_of_this_version() -> None:
    """Name, version, licence and authors are those of the package; the fields are those that CFF 1.2.0 requires."""
    citation = yaml.safe_load((ROOT / "CITATION.cff").read_text())

    assert citation["cff-version"] == "1.2.0"
    assert {"message", "title", "authors"} <= set(citation)
    assert (citation["title"], citation["version"]) == ("greentrain", __version__)
    assert citation["license"] == PROJECT["license"]
    assert citation["authors"] == PROJECT["authors"]
    assert citation["keywords"] == PROJECT["keywords"]


def test_the_changelog_has_the_form_that_it_names() -> None:
    """What is not released is on top; releases follow with their dates, each change under the name of its kind."""
    titles = re.findall(r"^## (.*)$", (ROOT / "CHANGELOG.md").read_text(), re.MULTILINE)
    kinds = re.findall(r"^### (.*)$", (ROOT / "CHANGELOG.md").read_text(), re.MULTILINE)

    assert titles[0] == "[Unreleased]"
    assert all(re.fullmatch(r"\[\d+\.\d+\.\d+\] - \d{4}-\d\d-\d\d", title) for title in titles[1:])
    assert {*kinds} <= {"Added", "Changed", "Deprecated", "Removed", "Fixed", "Security"}


def test_the_workflow_runs_the_checks_on_every_python() -> None:
    """It calls the same script as everybody, on the versions that the package names, and may only read."""
    workflow = yaml.safe_load((ROOT / ".github" / "workflows" / "ci.yml").read_text())
    jobs = workflow["jobs"]
    named = [text.rpartition(" ")[2] for text in PROJECT["classifiers"] if re.search(r"Python :: 3\.\d+$", text)]
    steps = [step for job in jobs.values() for step in job["steps"]]

    assert jobs["checks"]["strategy"]["matrix"]["python"] == named
    assert jobs["oldest"]["container"] == f"python:{named[0]}-bookworm"
    assert workflow["permissions"] == {"contents": "read"}
    assert [step["run"] for step in steps if "run" in step] == [f"bash .ci/run {part}" for part in jobs]
    assert all(re.fullmatch(r"actions/\w+@v\d+", step["uses"]) for step in steps if "uses" in step)


@pytest.mark.parametrize(
    "path", [path for path in sorted(FORMS.glob("*.yml")) if path.name != "config.yml"], ids=name_of
)
def test_forms_of_issues_ask_something(path: Path) -> None:
    """Each has a name, a description and fields with ids of their own, of which some have to be filled."""
    form = yaml.safe_load(path.read_text())
    fields = [field for field in form["body"] if field["type"] != "markdown"]
    ids = [field["id"] for field in fields]

    assert form["name"]
    assert form["description"]
    assert len(ids) == len(set(ids))
    assert {field["type"] for field in fields} <= {"input", "textarea", "dropdown", "checkboxes"}
    assert all(field["attributes"]["label"] for field in fields)
    assert any(field.get("validations", {}).get("required") for field in fields)


def test_every_term_of_the_glossary_is_explained_once() -> None:
    """Rows have as many cells as their header, and no term has two."""
    rows = [line for line in (ROOT / "docs" / "glossary.md").read_text().splitlines() if line.startswith("| ")]
    terms = [row.split(" | ")[0].removeprefix("| ") for row in rows if not row.startswith(("| --- ", "| term "))]

    assert len(terms) == len(set(terms))
    for name in ("PUE", "TDP", "carbon intensity", "operational", "embodied", "location-based", "scope",
                 "workload", "node", "span", "journal", "meter"):  # fmt: skip
        assert name in terms


def test_the_glossary_explains_every_public_class() -> None:
    """Each that is no exception is a term, in words: `LiveRun` is a live run."""
    glossary = (ROOT / "docs" / "glossary.md").read_text()
    terms = {row.split(" | ")[0].removeprefix("| ") for row in glossary.splitlines()}
    found = [(name, getattr(greentrain, name)) for name in greentrain.__all__]
    classes = [name for name, value in found if isinstance(value, type) and not issubclass(value, Exception)]
    for name in classes:
        assert re.sub(r"(?<=[a-z])(?=[A-Z])", " ", name).lower() in terms, name
    for quantity in QUANTITIES:
        assert f"`{quantity}`" in glossary


def test_the_extra_of_all_stands_below_what_it_brings() -> None:
    """In the table of the set-up, as its row says: all of this."""
    table = (ROOT / "docs" / "install.md").read_text().split("## Extras")[1].split("## What it weighs")[0]
    names = re.findall(r"^\| `(\w+)`", table, re.MULTILINE)
    (brought,) = re.findall(r"\[(.*)\]", PROJECT["optional-dependencies"]["all"][0])

    assert max(names.index(name) for name in brought.split(",")) < names.index("all")
