"""A training whose DataLoader has workers: ``load_data.py fork|spawn PERSISTENT``."""

import os
import sys
import time

import torch
from torch.utils.data import DataLoader, Dataset

from greentrain import track

# Workers that are spawned import this module, and so make the tracker and decorate the function again.
tracker = track("loading", meter=os.environ["METER"], quiet=True, pue=1.0, grid_intensity=500)


@tracker
def augmented(number: int) -> torch.Tensor:
    """Make a sample in a worker; the function is tracked, too."""
    time.sleep(0.01)
    return torch.tensor([float(number), float(torch.utils.data.get_worker_info().id)])


class Numbers(Dataset[torch.Tensor]):
    """Sixteen samples."""

    def __len__(self) -> int:
        return 16

    def __getitem__(self, number: int) -> torch.Tensor:
        return augmented(number)


def main() -> None:
    """Load all samples three times."""
    way, persistent = sys.argv[1], bool(int(sys.argv[2]))
    loader = DataLoader(
        Numbers(), batch_size=4, num_workers=2, multiprocessing_context=way, persistent_workers=persistent
    )
    seen: set[int] = set()
    loaded = 0
    with tracker as run:
        for epoch in range(3):
            with run.span("epoch", epoch=epoch):
                for batch in loader:
                    loaded += len(batch)
                    seen |= {int(worker) for worker in batch[:, 1]}
    print(f"loaded {loaded} in 3 epochs by {len(seen)} workers")


if __name__ == "__main__":
    main()
