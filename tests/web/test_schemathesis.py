"""The service against its own description: schemathesis asks for what it allows, and for what it forbids."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from served import Service

PROGRAM = shutil.which("schemathesis") or shutil.which("schemathesis", path=str(Path(sys.executable).parent))
EXAMPLES = os.environ.get("GREENTRAIN_FUZZ_EXAMPLES", "30")


@pytest.mark.heavy
@pytest.mark.skipif(PROGRAM is None, reason="no schemathesis: .ci/run heavy installs it")
def test_answers_are_as_described(served: Service, tmp_path: Path) -> None:
    """Statuses, kinds and schemas of all answers; what the schema forbids is refused, and nothing is a server's fault.

    That what the schema allows is accepted is not asked: names of hardware and places, and what excludes each other,
    are beyond a schema.
    """
    assert PROGRAM is not None
    command = [PROGRAM, "run", f"{served.address}/openapi.json", "--exclude-checks", "positive_data_acceptance"]
    command += ["--max-examples", EXAMPLES, "--phases", "examples,coverage,fuzzing", "--mode", "all"]
    done = subprocess.run(
        [*command, "--generation-deterministic", "--no-color"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout[-5000:]
