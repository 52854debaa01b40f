"""The command line: parse, one library call, print."""

from greentrain.cli.main import main, reported, run

__all__ = ["main", "reported", "run"]
