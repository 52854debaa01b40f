"""A training loop of PyTorch as one run, its epochs as spans; then a paragraph for a paper and a model card."""

from pathlib import Path

import torch
from torch.nn.functional import binary_cross_entropy_with_logits

import greentrain

EPOCHS = 3

points = torch.rand(5_000, 2)
inside = (points.square().sum(dim=1) < 1).float()
model = torch.nn.Sequential(torch.nn.Linear(2, 64), torch.nn.ReLU(), torch.nn.Linear(64, 1))
optimizer = torch.optim.Adam(model.parameters(), lr=0.01)

with greentrain.track("circle", project="examples", location="FR", total_steps=EPOCHS) as run:
    for epoch in range(EPOCHS):
        with run.span("epoch", epoch=epoch):
            for batch in torch.randperm(len(points)).split(500):
                optimizer.zero_grad()
                loss = binary_cross_entropy_with_logits(model(points[batch])[:, 0], inside[batch])
                loss.backward()
                optimizer.step()
        run.log(step=epoch + 1, loss=loss.item())

print(run)
Path("energy.tex").write_text(greentrain.report(run, "latex"), encoding="utf-8")
Path("card.md").write_text(greentrain.update_card("# Points of a circle\n", run), encoding="utf-8")
