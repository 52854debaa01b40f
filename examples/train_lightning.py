"""A training by Lightning as one run, by a callback."""

import lightning.pytorch as lightning
import torch

from greentrain.tracking.callbacks.lightning import GreentrainCallback


class Line(lightning.LightningModule):
    """A straight line through points."""

    def __init__(self) -> None:
        super().__init__()
        self.layer = torch.nn.Linear(1, 1)

    def training_step(self, batch: list[torch.Tensor], batch_idx: int) -> torch.Tensor:
        """Return the squared error."""
        x, y = batch
        return (self.layer(x) - y).square().mean()

    def configure_optimizers(self) -> torch.optim.Optimizer:
        """Return the optimizer."""
        return torch.optim.SGD(self.parameters(), lr=0.1)


x = torch.rand(2_000, 1)
loader = torch.utils.data.DataLoader(torch.utils.data.TensorDataset(x, 3 * x + 1), batch_size=100)
trainer = lightning.Trainer(
    max_epochs=5,
    accelerator="cpu",
    devices=1,
    logger=False,
    enable_checkpointing=False,
    callbacks=[GreentrainCallback("line", location="FR")],
)
trainer.fit(Line(), loader)
