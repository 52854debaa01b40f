"""How long the fuzzers go on: a few examples with every change, as many as GREENTRAIN_FUZZ_EXAMPLES says at night."""

import os
import sys
from pathlib import Path

from hypothesis import HealthCheck, settings

sys.path.append(str(Path(__file__).parents[1] / "browser"))  # its page in Chromium

EXAMPLES = int(os.environ.get("GREENTRAIN_FUZZ_EXAMPLES", "60"))
"""Per test; the same ones each time. [1]"""

settings.register_profile(
    "fuzz",
    derandomize=True,
    deadline=None,
    max_examples=EXAMPLES,
    database=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
FUZZ = settings.get_profile("fuzz")
