"""The command line: parse, one library call, print."""

from greentrain.cli.main import main, run

__all__ = ["main", "run"]
