"""Print the oldest releases that pyproject.toml allows, one a line, as pip reads them."""

import re
import tomllib
from pathlib import Path

# The quick tests use neither engines nor trackers, which have jobs and environments of their own.
ELSEWHERE = ("all", "dask", "mlflow", "otlp", "prometheus", "sinks", "spark", "tensorboard", "trackio", "wandb")

project = tomllib.loads((Path(__file__).parents[1] / "pyproject.toml").read_text())["project"]
extras = project["optional-dependencies"]
tried = (line for name, lines in extras.items() if name not in ELSEWHERE for line in lines)
for requirement in sorted({*project["dependencies"], *tried}):
    print(re.sub(r">=", "==", requirement))
