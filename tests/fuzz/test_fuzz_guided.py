"""Front matter that coverage leads to: no exception but the named one."""

import os
import subprocess
import sys

import pytest

ATHERIS = """
import sys
import atheris
with atheris.instrument_imports(include=["greentrain.reporting.model_card"]):
    import greentrain
    from greentrain.reporting.model_card.yaml_tree import NotYaml, yaml_tree
def one(data):
    try:
        yaml_tree(atheris.FuzzedDataProvider(data).ConsumeUnicode(4096))
    except NotYaml:
        pass
atheris.Setup([sys.argv[0], "-seed=1", "-runs=" + sys.argv[1]], one)
atheris.Fuzz()
"""


def test_front_matter_guided_by_coverage() -> None:
    """Where atheris is installed, which not every Python can have."""
    pytest.importorskip("atheris", reason="no atheris for this Python: pip install atheris")
    runs = str(100 * int(os.environ.get("GREENTRAIN_FUZZ_EXAMPLES", "60")))
    done = subprocess.run([sys.executable, "-c", ATHERIS, runs], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-2000:]
