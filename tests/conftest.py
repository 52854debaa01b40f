"""Settings that every test runs under."""

import os

import pytest
from hypothesis import settings

# The same examples on every run and no time limit per example: a red test is a changed law, never a slow machine.
settings.register_profile("greentrain", derandomize=True, deadline=None, max_examples=60, database=None)
settings.load_profile("greentrain")

NO_SKIPS = "GREENTRAIN_NO_SKIPS"
_IN_A_STEP_OF_THEIR_OWN = "tests/callbacks/"


def pytest_sessionfinish(session: pytest.Session) -> None:
    """Where everything is said to be installed, a skipped test fails; the frameworks' tests have their own step."""
    reporter = session.config.pluginmanager.get_plugin("terminalreporter")
    if not os.environ.get(NO_SKIPS) or reporter is None:
        return
    skipped = [report.nodeid for report in reporter.stats.get("skipped", [])]
    if any(not name.startswith(_IN_A_STEP_OF_THEIR_OWN) for name in skipped):
        session.exitstatus = pytest.ExitCode.TESTS_FAILED
