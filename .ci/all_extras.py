"""Use what each extra for users brings, in an environment that has them all; a missing package ends it."""

from importlib import import_module

import greentrain
from greentrain.frames.reading import KINDS
from greentrain.tracking.sinks.names import SINKS
from greentrain.web import app

for module in ("kaleido", "mlflow", "opentelemetry.sdk", "prometheus_client", "psycopg", "pyarrow", "sqlalchemy",
               "tensorboardX", "trackio", "uvicorn", "wandb"):  # fmt: skip
    import_module(module)
frame = import_module("pandas").DataFrame({"gpu": ["V100"], "hours": [96]})
total = greentrain.total([greentrain.estimate("V100", hours=96)]).operational_kg.best
(row,) = greentrain.estimate_frame(frame)["operational_kg_best"]
if round(row / total, 9) != 1:
    raise SystemExit(f"a table says {row}, an estimate {total}")
print(f"tables of {', '.join(KINDS)}; sinks {', '.join(SINKS)}; {app().title}")
