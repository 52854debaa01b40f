"""Tables of runs: a frame in, the same frame with the quantities of each row out."""

# Type checkers take this name as true.
TYPE_CHECKING = False
if TYPE_CHECKING:
    from greentrain.frames.table import RESULT_COLUMNS, estimate_frame
else:
    from greentrain._lazy import lazy_names

    __getattr__, __dir__ = lazy_names(globals(), {"frames.table": "RESULT_COLUMNS estimate_frame"})

__all__ = ["RESULT_COLUMNS", "estimate_frame"]
