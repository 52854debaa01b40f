"""The versions of code and data, each stated once."""

__version__ = "0.2.0"

DATA_VERSION = "2026.11"
"""Version of the shipped tables, year and month; a release in which a number of theirs changed raises it."""
VERSIONS = f"greentrain {__version__}, data {DATA_VERSION}"
