"""Tables of runs: a frame in, the same frame with the quantities of each row out, and sums over its rows by group."""

# Type checkers take this name as true.
TYPE_CHECKING = False
if TYPE_CHECKING:
    from greentrain.frames.batch import Batch, run_batch
    from greentrain.frames.engines import ENGINES, run_batch_on
    from greentrain.frames.groups import sum_frame
    from greentrain.frames.sums import FrameSums, SummedGroup, merged_sums
    from greentrain.frames.table import RESULT_COLUMNS, estimate_frame
    from greentrain.frames.writing import format_of, rows_into, rows_to_stdout
else:
    from greentrain._lazy import lazy_names

    __getattr__, __dir__ = lazy_names(
        globals(),
        {
            "frames.batch": "Batch run_batch",
            "frames.engines": "ENGINES run_batch_on",
            "frames.groups": "sum_frame",
            "frames.sums": "FrameSums SummedGroup merged_sums",
            "frames.table": "RESULT_COLUMNS estimate_frame",
            "frames.writing": "format_of rows_into rows_to_stdout",
        },
    )

__all__ = [
    "ENGINES", "RESULT_COLUMNS", "Batch", "FrameSums", "SummedGroup", "estimate_frame", "format_of", "merged_sums",
    "rows_into", "rows_to_stdout", "run_batch", "run_batch_on", "sum_frame",
]  # fmt: skip
