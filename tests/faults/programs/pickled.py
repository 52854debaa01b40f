"""Trainers that hold trackers are saved and copied while they train: ``pickled.py write|read FILE``."""

import copy
import pickle
import sys
import time
from pathlib import Path

from tracked_by import meter

from greentrain import track


class Trainer:
    """Holds what training needs."""

    def __init__(self) -> None:
        self.tracker = track("pickled", meter=meter(), quiet=True, pue=1.0, grid_intensity=500)
        self.run = self.tracker.start()
        self.weights = [1, 2]


def write() -> None:
    """Save a checkpoint while training goes on, and copy the trainer."""
    trainer = Trainer()
    time.sleep(0.2)
    Path(sys.argv[2]).write_bytes(pickle.dumps(trainer))
    twin = copy.deepcopy(trainer)
    shallow = copy.copy(trainer.tracker)
    twin.run.stop()
    twin.tracker.stop()
    shallow.stop()
    twin.run.log(loss=1)
    print(twin.weights, twin.run.record["status"], trainer.run.is_over)
    time.sleep(0.2)
    trainer.tracker.stop()
    after = pickle.loads(pickle.dumps(trainer))
    print(after.run.record["status"], after.run.measurement == trainer.run.measurement)


def read() -> None:
    """Load the checkpoint in another process; it is a view, and a new run can be started from it."""
    trainer = pickle.loads(Path(sys.argv[2]).read_bytes())
    view = trainer.run
    with view.span("epoch"):
        view.log(loss=1)
    view.stop()
    print(trainer.weights, view.is_over, view.name, view.record["status"], view.measurement)
    with trainer.tracker as again:
        time.sleep(0.1)
    print(again.key != view.key)


if __name__ == "__main__":
    {"write": write, "read": read}[sys.argv[1]]()
