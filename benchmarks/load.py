"""Many runs at once and one after another, with the meter on: what is on record, and whose energy it is.

Usage: python benchmarks/load.py [--at-once N] [--seconds S] [--in-turn N] [--meter NAME]

The computer's own energy is what one reader beside the runs counts with the meters' own model of it; the runs are shown
a CPU whose TDP is known, which wants root. Without options: 200 runs of 20 s at once, and 2,000 in turn.
"""

import argparse
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "tests" / "faults"))

from fault_room import Room
from load import AtOnce, InTurn, at_once, in_turn


def main() -> None:
    """Print both tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--at-once", type=int, default=200)
    parser.add_argument("--seconds", type=float, default=20.0)
    parser.add_argument("--in-turn", type=int, default=2000)
    parser.add_argument("--meter", default=None)
    options = parser.parse_args()
    if options.at_once:
        began = time.monotonic()
        with tempfile.TemporaryDirectory() as folder:
            found = at_once(Room(Path(folder)), options.at_once, options.seconds, options.meter)
        print(f"{options.at_once} runs of {options.seconds:g} s at once, in {time.monotonic() - began:.0f} s")
        print_together(found)
    if options.in_turn:
        with tempfile.TemporaryDirectory() as folder:
            print(f"{options.in_turn} runs in turn")
            print_in_turn(in_turn(Room(Path(folder)), options.in_turn, options.meter))


def print_together(found: AtOnce) -> None:
    """Print what became of runs at once."""
    print(f"  exit codes                              {dict(found.codes)}")
    print(f"  on record, by status                    {dict(found.statuses)}, {found.names} names")
    print(f"  lines of stderr                         {found.stderr_lines}")
    print(f"  all metered at the same time            {found.together_seconds:.1f} s")
    print(f"  energy over the computer's own, then    {_ratios(found.together)}")
    print(f"  over the runs from beginning to end     {_ratios(found.whole)}")


def print_in_turn(found: InTurn) -> None:
    """Print what became of runs in turn."""
    print(f"  exit code                               {found.code}")
    print(f"  on record, by status                    {dict(found.statuses)}, {found.names} names")
    print(f"  lines of stderr                         {found.stderr_lines}")
    print(f"  energy over the computer's own          {_ratios(found.whole)}")
    print(f"  time that tracking adds to each         {1000 * found.added_seconds:.1f} ms")
    print(f"  memory after the first, the last        {' and '.join(f'{mib:.0f} MiB' for mib in found.memory_mib)}")


def _ratios(found: dict[str, float]) -> str:
    return ", ".join(f"{kind} {ratio:.3f}" for kind, ratio in sorted(found.items())) or "never all at once"


if __name__ == "__main__":
    main()
