"""TensorBoard: scalars in a folder of event files, written by tensorboardX or by PyTorch."""

from typing import Any

from greentrain.errors import GreentrainError, install_hint
from greentrain.tracking.sinks.values import RunFacts, SinkReading, described, write_scalars


class TensorboardSink:
    """Writes to the folder that is the target, ``runs/`` and the run's id by default."""

    def __init__(self, target: str, facts: RunFacts) -> None:
        self._facts = facts
        self._writer: Any = _writer_class()(target or f"runs/{facts.id or 'greentrain'}")

    def attach(self) -> None:
        """A folder needs no run."""

    def log(self, reading: SinkReading) -> None:
        """Write the values at the training's step, or else at the second since its start."""
        write_scalars(self._writer, reading)
        if reading.is_last:
            texts = "\n".join(f"{name}: {value}" for name, value in described(self._facts, reading).items())
            self._writer.add_text("greentrain/run", texts, reading.step or 0)
        self._writer.flush()

    def close(self) -> None:
        """Close the file."""
        self._writer.close()


def _writer_class() -> Any:
    try:
        from tensorboardX import SummaryWriter
    except ImportError:
        try:
            from torch.utils.tensorboard import SummaryWriter
        except ImportError:
            raise GreentrainError(f"needs tensorboardX: {install_hint('tensorboard')}") from None
    return SummaryWriter
