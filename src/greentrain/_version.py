"""The versions of code and data, each stated once."""

__version__ = "0.1.0"

DATA_VERSION = "2026.11"
"""Version of the shipped tables; it changes whenever a number in them does."""
VERSIONS = f"greentrain {__version__}, data {DATA_VERSION}"
