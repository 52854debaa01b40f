"""A tiny training by Lightning with two ranks, in a program of its own: ``train_lightning.py STRATEGY SETTINGS``."""

import json
import sys
import tempfile
import time
from typing import Any

import lightning.pytorch as lightning
import torch

from greentrain.tracking.callbacks.lightning import GreentrainCallback


class Tiny(lightning.LightningModule):
    """A model that waits, and prints at which step its training ended."""

    def __init__(self) -> None:
        super().__init__()
        self.layer = torch.nn.Linear(4, 1)

    def training_step(self, batch: Any, batch_idx: int) -> Any:
        """Wait, and give the loss."""
        time.sleep(0.1)
        return self.layer(batch[0]).pow(2).mean()

    def configure_optimizers(self) -> Any:
        """Return the optimizer."""
        return torch.optim.SGD(self.parameters(), 0.1)

    def on_train_end(self) -> None:
        """Print the step in one write, so that the lines of two ranks do not mix."""
        sys.stdout.write(f"\nsteps {self.trainer.global_step}\n")
        sys.stdout.flush()


def main() -> None:
    """Train."""
    callback = GreentrainCallback(**json.loads(sys.argv[2]))
    trainer = lightning.Trainer(
        max_epochs=1, accelerator="cpu", devices=2, strategy=sys.argv[1], logger=False, enable_checkpointing=False,
        enable_progress_bar=False, default_root_dir=tempfile.mkdtemp(), callbacks=[callback],
    )  # fmt: skip
    points = torch.utils.data.TensorDataset(torch.ones(400, 4))
    trainer.fit(Tiny(), torch.utils.data.DataLoader(points, batch_size=2))


if __name__ == "__main__":
    main()
