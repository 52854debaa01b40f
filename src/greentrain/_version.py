"""The version of the code, stated once."""

__version__ = "0.1.0"
