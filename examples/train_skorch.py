"""A training by a net of skorch as one run, by a callback; the net's history has the energy beside the loss."""

import numpy
import torch
from skorch import NeuralNetRegressor

from greentrain.tracking.callbacks.skorch import GreentrainCallback

torch.manual_seed(1)
points = numpy.random.default_rng(1).random((500, 2), dtype=numpy.float32)
net = NeuralNetRegressor(
    torch.nn.Linear, module__in_features=2, module__out_features=1, max_epochs=5, verbose=0,
    callbacks=[GreentrainCallback("plane", location="FR")],
)  # fmt: skip
net.fit(points, points.sum(axis=1, keepdims=True))
print({name: value for name, value in net.history[-1].items() if name != "batches"})
