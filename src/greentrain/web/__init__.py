"""A page and a service on one's own machine: the calculator, the runs of the history, and the same answers as JSON.

It needs the extra ``web``; nothing of it is loaded by an estimate or by a training.
"""

# Type checkers take this name as true.
TYPE_CHECKING = False
if TYPE_CHECKING:
    from greentrain.web.service import app
    from greentrain.web.settings import RUNS_FOR, WebSettings
else:
    from greentrain._lazy import lazy_names

    __getattr__, __dir__ = lazy_names(globals(), {"web.service": "app", "web.settings": "RUNS_FOR WebSettings"})

__all__ = ["RUNS_FOR", "WebSettings", "app"]
