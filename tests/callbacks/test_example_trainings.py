"""The example of each framework, as a reader runs it: one completed run, and the files that it promises."""

import importlib.util
import os
import subprocess
import sys
from pathlib import Path

import pytest
from framework_runs import MISSING

from greentrain import History

EXAMPLES = Path(__file__).parents[2] / "examples"
TRAININGS = {
    "pytorch": ("torch", "circle"),
    "huggingface": ("transformers", "tiny-bert"),
    "lightning": ("lightning", "line"),
    "keras": ("keras", "product"),
    "jax": ("jax", "regression"),
    "scikit_learn": ("sklearn", "digits-search"),
    "accelerate": ("accelerate", "sum"),
    "skorch": ("skorch", "plane"),
    "hydra": ("hydra", "train_hydra"),
}
"""By the name of the file: the module that it needs, and what its run is called."""

ON_THE_CPU = {"KERAS_BACKEND": "torch", "JAX_PLATFORMS": "cpu"}


def test_every_training_is_run_here() -> None:
    """A file that is added to the folder has to be put in."""
    assert {path.stem.removeprefix("train_") for path in EXAMPLES.glob("*.py")} == TRAININGS.keys()


@pytest.mark.parametrize("name", TRAININGS)
def test_a_training_is_one_run(name: str, tmp_path: Path) -> None:
    """Whose energy is known and whose place is that of the example."""
    module, run_name = TRAININGS[name]
    if importlib.util.find_spec(module) is None:
        pytest.skip(f"{MISSING}: {module}")
    environment = {**os.environ, "GREENTRAIN_HOME": str(tmp_path / "home"), **ON_THE_CPU}
    command = [sys.executable, EXAMPLES / f"train_{name}.py"]
    done = subprocess.run(
        command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False, timeout=300
    )
    assert done.returncode == 0, done.stderr[-3000:]
    (run,) = History(tmp_path / "home").runs()
    assert (run.name, run.status, run.location) == (run_name, "completed", "FR")
    assert run.operational_kg is not None
    if name == "pytorch":
        assert [span.name for span in run.spans] == ["epoch"] * 3
        assert (tmp_path / "energy.tex").read_text().startswith("%")
        assert "co2_eq_emissions:" in (tmp_path / "card.md").read_text()
