"""Settings that every test runs under."""

from hypothesis import settings

# The same examples on every run and no time limit per example: a red test is a changed law, never a slow machine.
settings.register_profile("greentrain", derandomize=True, deadline=None, max_examples=60, database=None)
settings.load_profile("greentrain")
