"""A training loop of Accelerate as one run, among the trackers of its Accelerator."""

import torch
from accelerate import Accelerator

from greentrain.tracking.callbacks.accelerate import GreentrainTracker

torch.manual_seed(1)
points = torch.rand(512, 2)
batches = torch.utils.data.DataLoader(torch.utils.data.TensorDataset(points, points.sum(1, keepdim=True)), 32)
model = torch.nn.Linear(2, 1)

accelerator = Accelerator(cpu=True, log_with=GreentrainTracker("sum", location="FR"))
accelerator.init_trackers("sum")
model, optimizer, batches = accelerator.prepare(model, torch.optim.Adam(model.parameters()), batches)
step = 0
for _ in range(5):
    for inputs, targets in batches:
        loss = torch.nn.functional.mse_loss(model(inputs), targets)
        accelerator.backward(loss)
        optimizer.step()
        optimizer.zero_grad()
        step += 1
    accelerator.log({"loss": loss.item()}, step=step)
accelerator.end_training()
print(accelerator.get_tracker("greentrain", unwrap=True))
