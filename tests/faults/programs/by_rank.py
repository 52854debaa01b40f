"""A launcher of ranks on this computer, whose runs differ by rank: ``by_rank.py SECONDS NAME...``.

Each rank tracks the runs of its NAME, several one after another by ``+``; one without a name tracks nothing. The
launcher's id is ``job-1``.
"""

import os
import subprocess
import sys
import time


def launch(seconds: str, *names: str) -> int:
    """Start a rank for each name, and wait for all."""
    ranks = []
    for rank, name in enumerate(names):
        launched = {"TORCHELASTIC_RUN_ID": "job-1", "RANK": str(rank), "LOCAL_RANK": str(rank)}
        launched |= {"WORLD_SIZE": str(len(names)), "LOCAL_WORLD_SIZE": str(len(names))}
        ranks.append(subprocess.Popen([sys.executable, __file__, seconds, name], env={**os.environ, **launched}))
    return max(rank.wait() for rank in ranks)


def train(seconds: str, names: str) -> None:
    """Track this rank's runs."""
    from tracked_by import meter

    from greentrain import track

    for name in names.split("+"):
        if name:
            with track(name, project=name, meter=meter(), quiet=True, pue=1.0, grid_intensity=500):
                time.sleep(float(seconds))
        else:
            time.sleep(float(seconds))


if __name__ == "__main__":
    if "RANK" in os.environ:
        train(*sys.argv[1:])
    else:
        sys.exit(launch(*sys.argv[1:]))
