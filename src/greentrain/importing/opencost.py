"""OpenCost and Kubecost: what ``/allocation`` answers, hours of cores, accelerators and memory without a power."""

from collections.abc import Iterator, Mapping
from typing import Any

from greentrain.importing.foreign_file import ForeignFile
from greentrain.importing.foreign_run import ForeignRun, ReadOptions
from greentrain.importing.values import amount, words
from greentrain.units import SECONDS_PER_HOUR

NAME = "opencost"
TITLE = "allocations of OpenCost or Kubecost"
WORDS = frozenset(("allocation", "cpucorehours", "gpuhours", "rambytehours", "window", "minutes", "properties"))
_KEYS = ('"cpuCoreHours"', '"gpuHours"', '"minutes"')
_SECONDS_PER_MINUTE = 60.0
_BYTES_PER_GB = 1e9
_NO_WORK = ("__idle__", "__unmounted__", "__unallocated__")
_IDLE = "What nobody was given, such as __idle__, is left out."
_UNUSED = "Allocations without cores and accelerators are left out."


def recognises(head: str) -> bool:
    """Whether it is JSON with hours of cores and of accelerators in some minutes."""
    return head.lstrip().startswith(("{", "[")) and all(key in head for key in _KEYS)


def read(file: ForeignFile, options: ReadOptions) -> Iterator[ForeignRun]:
    """Yield a run for each allocation of each window."""
    for line, item in enumerate(_allocations(file), 1):
        file.tally.rows += 1
        run = _run(item, options)
        if (words(str(item.get("name") or "")) or "").rpartition("/")[2] in _NO_WORK:
            file.tally.note(_IDLE)
        elif run is None:
            file.tally.reject(line, "has no minutes")
        elif run.accelerators or run.cpu_cores:
            yield run
        else:
            file.tally.note(_UNUSED)


def _allocations(file: ForeignFile) -> Iterator[Mapping[str, Any]]:
    """Yield allocations: of each window an object with one for each name, or a list of them."""
    is_list = file.head.lstrip().startswith("[")
    for window in file.json_items(*(() if is_list else ("data",))):
        if isinstance(window, dict) and "minutes" in window:
            yield window
        for each in window.values() if isinstance(window, dict) else window if isinstance(window, list) else ():
            if isinstance(each, dict) and "minutes" in each:
                yield each


def _run(item: Mapping[str, Any], options: ReadOptions) -> ForeignRun | None:
    get, properties = item.get, item.get("properties")
    of = properties if isinstance(properties, dict) else {}
    minutes = amount(get("minutes"))
    if not minutes:
        return None
    seconds = minutes * _SECONDS_PER_MINUTE
    hours = seconds / SECONDS_PER_HOUR
    start, name = options.moment(str(get("start") or "")), words(str(get("name") or ""))
    gpus, cores, memory = (
        (amount(get(total)) or 0.0) / hours for total in ("gpuHours", "cpuCoreHours", "ramByteHours")
    )
    cluster = words(str(of.get("cluster") or ""))
    keys = options.keys(lambda at: f"{NAME}:{cluster}:{name}:{at(start[0]) if start else ''}:{minutes:.6g}")
    return ForeignRun(
        key=keys[0],
        other_keys=keys[1],
        name=name,
        project=words(str(of.get("namespace") or "")),
        started=start[0] if start else None,
        ended=start[0] + seconds if start else None,
        duration_seconds=seconds,
        accelerators={_model(item): gpus} if gpus else {},
        cpu_cores=cores or None,
        memory_gb=memory / _BYTES_PER_GB or None,
        hosts=words(str(of.get("node") or "")),
        cluster=cluster,
        flags=() if start else ("missing_time",),
    )


def _model(item: Mapping[str, Any]) -> str:
    """Return what the accelerators are, which newer versions state; nothing otherwise."""
    allocation = item.get("gpuAllocation")
    return words(str(allocation.get("gpuModel") or "")) or "" if isinstance(allocation, dict) else ""
