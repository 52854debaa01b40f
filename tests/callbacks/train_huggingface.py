"""A tiny training by Hugging Face's Trainer in a program of its own: ``train_huggingface.py SETTINGS``."""

import json
import sys
import tempfile
import time
from typing import Any

import torch
import transformers

from greentrain.tracking.callbacks.huggingface import GreentrainCallback


class Tiny(torch.nn.Module):
    """A model that waits."""

    def __init__(self) -> None:
        super().__init__()
        self.layer = torch.nn.Linear(4, 1)

    def forward(self, x: Any, labels: Any) -> dict[str, Any]:
        """Wait, and give the loss."""
        time.sleep(0.1)
        return {"loss": ((self.layer(x)[:, 0] - labels) ** 2).mean()}


def main() -> None:
    """Train, and print at which step it ended."""
    data = [{"x": torch.ones(4), "labels": torch.tensor(1.0)}] * 64
    arguments = transformers.TrainingArguments(
        tempfile.mkdtemp(), max_steps=100, per_device_train_batch_size=2, use_cpu=True, disable_tqdm=True,
        save_strategy="no", logging_steps=50, report_to="none", dataloader_pin_memory=False,
    )  # fmt: skip
    callback = GreentrainCallback(**json.loads(sys.argv[1]))
    trainer = transformers.Trainer(Tiny(), arguments, train_dataset=data, callbacks=[callback])
    trainer.train()
    # One write, so that the lines of two ranks do not mix.
    sys.stdout.write(f"\nsteps {trainer.state.global_step}\n")
    sys.stdout.flush()


main()
