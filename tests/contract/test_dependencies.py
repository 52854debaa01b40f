"""What is imported is declared: each third-party package of the library, its extras and its tests."""

import ast
import re
import sys
import tomllib
from collections.abc import Iterable, Iterator
from pathlib import Path

ROOT = Path(__file__).parents[2]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
MODULES = {
    "mlflow-skinny": "mlflow", "opentelemetry-exporter-otlp-proto-http": "opentelemetry",
    "opentelemetry-sdk": "opentelemetry",
    "cyclonedx-python-lib": "cyclonedx", "import-linter": "importlinter", "nvidia-ml-py": "pynvml",
    "pytest-cov": "pytest_cov", "pytest-xdist": "xdist", "pyyaml": "yaml", "spdx-python-model": "spdx_python_model",
}  # fmt: skip
"""Packages whose module has another name."""
PARTS = {"choreographer": "kaleido", "pydantic_core": "pydantic", "starlette": "fastapi"}
"""Modules that are a part of a package in all but name."""
HOSTS = {
    "accelerate", "amdsmi", "hydra", "keras", "lightning", "omegaconf", "pytorch_lightning", "sklearn", "skorch",
    "torch", "transformers",
}  # fmt: skip
"""What only a computer or a training of the user's brings: a driver's module, and the frameworks of the callbacks."""


def imported(paths: Iterable[Path]) -> Iterator[str]:
    """Name the top-level modules that are neither Python's nor ours."""
    for path in paths:
        for node in ast.walk(ast.parse(path.read_text())):
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            if isinstance(node, ast.ImportFrom) and node.module:
                names = [node.module]
            for name in {name.partition(".")[0] for name in names} - {"greentrain", *sys.stdlib_module_names}:
                yield PARTS.get(name, name)


def declared(requirements: Iterable[str]) -> set[str]:
    """Name the modules of declared packages."""
    packages = [re.match(r"[\w-]+", requirement)[0] for requirement in requirements]  # type: ignore[index]
    return {MODULES.get(package, package.replace("-", "_")) for package in packages}


def of_extras(*names: str) -> list[str]:
    """List the requirements of some extras, but for those that name other extras of ours."""
    found = (requirement for name in names for requirement in PROJECT["optional-dependencies"][name])
    return [requirement for requirement in found if not requirement.startswith(PROJECT["name"])]


def test_the_library_imports_what_it_declares() -> None:
    """And declares nothing else, but drivers of databases and trackers: SQLAlchemy and the training load them."""
    extras = of_extras(*(name for name in PROJECT["optional-dependencies"] if name != "dev"))
    found = set(imported((ROOT / "src").rglob("*.py"))) - HOSTS
    assert found == declared([*PROJECT["dependencies"], *extras]) - {"psycopg", "trackio", "wandb"}


def test_groups_of_extras_name_extras() -> None:
    """`sinks` has all that sinks need; `all` has every extra for users but the engines, directly or by `sinks`."""
    extras = PROJECT["optional-dependencies"]
    named = {group: set(re.findall(r"[a-z]+", extras[group][0].partition("[")[2])) for group in ("all", "sinks")}
    sinks = {path.stem for path in (ROOT / "src" / "greentrain" / "tracking" / "sinks").glob("*.py")} & extras.keys()

    assert named["sinks"] == sinks
    assert named["all"] | sinks == extras.keys() - {"all", "dask", "dev", "spark"}


def test_messages_name_extras_that_are_there() -> None:
    """By the command that works from a checkout; no text has one that fetches another project's package."""
    extras = PROJECT["optional-dependencies"].keys()
    for path in (ROOT / "src").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "install_hint":
                (named,) = node.args
                assert not isinstance(named, ast.Constant) or named.value in extras, path
    texts = [*(ROOT / "src").rglob("*.py"), *ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md"), *ROOT.glob("*.yml")]
    for path in texts:
        assert re.findall(r"pip install (?:[^\n]* )?greentrain(?![\w/-])", path.read_text(), re.MULTILINE) == [], path


def test_the_tests_import_what_is_declared() -> None:
    """The frameworks' own tests have their own requirements, and those of pools of workers."""
    pools = (ROOT / "tests" / "faults" / "requirements.txt").read_text().splitlines()[1:]
    paths = [path for folder in ("tests", "benchmarks") for path in (ROOT / folder).rglob("*.py")]
    known = declared([*PROJECT["dependencies"], *of_extras(*PROJECT["optional-dependencies"]), *pools])
    assert set(imported(paths)) - known - HOSTS - {path.stem for path in paths} == set()
