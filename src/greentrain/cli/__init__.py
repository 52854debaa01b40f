"""The command line: parse, one library call, print."""

from greentrain.cli.main import main

__all__ = ["main"]
