"""Pages of nvidia-smi, one after the other: the answers of `-q` as text or XML, its table; and those of gpustat."""

import re
from collections.abc import Iterator
from typing import NamedTuple

from greentrain.importing.foreign_file import ForeignFile
from greentrain.importing.foreign_run import ReadOptions
from greentrain.importing.values import amount

_PAGE = re.compile(r"=+NVSMI LOG=+|<nvidia_smi_log>|\| NVIDIA-SMI \d|^\[\d+\] [^|\n]{1,100}\|", re.MULTILINE)
_POWER = re.compile(r"Power Draw|power_draw>|\d{1,5}W\s?/\s?\d{1,5}W|\d W \|")
_PAIR = re.compile(r"\s*(\S.*?)\s+:\s+(\S.*?)\s*")
_TAGGED = re.compile(r"\s*<(\w+)>(.*?)</\w+>\s*")
_TAG = re.compile(r'\s*<(\w+)(?: id="([^"]*)")?>\s*')
_GPU = re.compile(r"GPU ([\dA-Fa-f]+:[\dA-Fa-f:.]+)\s*")
_DATE = re.compile(r"(?:[^\s:]+\s+)?([A-Z][a-z]{2} [A-Z][a-z]{2} [\d ]\d \d\d:\d\d:\d\d \d{4})(?:\s+[\d.]+)?")
_BOARD = re.compile(r"\|\s+(\d+)\s+(\S.*?)(?:\s+(?:On|Off|N/A|WDDM|TCC)\s*)?\s*\|\s*[\dA-Fa-f]+:[\dA-Fa-f:.]+.*")
_DRAWN = re.compile(r"\|.*?\s(\d{1,5})W\s*/\s*(?:\d{1,5}W|N/A)\s*\|.*")
_STAT = re.compile(r"\[(\d+)\]\s+(\S.*?)\s*\|[^|]*?,\s*(\d{1,5})(?:\s*/\s*\d{1,5})? W \|.*")
"""A board of gpustat -P, ``[0] NVIDIA A100 | 31'C, 90 %, 300 / 400 W | ...``."""

_LONGEST_LINE = 500
"""Characters of a line that are looked at. [1]"""

_DRAWS = ("average power draw", "power draw", "instantaneous power draw", "instant power draw")
"""Keys of a board's power, the best one first."""

_SECTIONS = {
    "power readings": True, "gpu power readings": True, "module power readings": False,
    "gpu memory power readings": False, "clocks": False,
}  # fmt: skip
"""Sections, and whether a power in them is the board's."""


class PageReading(NamedTuple):
    """A line, a time [s] or None, the id and the name of a board, and its power [W] or None."""

    line: int
    time: float | None
    device: str
    name: str
    watts: float | None


def is_query(head: str) -> bool:
    """Whether there are pages of nvidia-smi with powers."""
    return _PAGE.search(head) is not None and _POWER.search(head) is not None


def page_readings(file: ForeignFile, options: ReadOptions) -> Iterator[PageReading]:
    """Yield the power of each board of each page."""
    pages = _Pages(options)
    for line, text in enumerate(file.lines(), 1):
        yield from pages.take(line, text[:_LONGEST_LINE])
    yield from pages.rest()


class _Pages:
    """What was read so far of a page."""

    def __init__(self, options: ReadOptions) -> None:
        self._options = options
        self._time: float | None = None
        self._line, self._device, self._name = 0, "", ""
        self._draws: dict[str, float] = {}
        self._is_power = False

    def take(self, line: int, text: str) -> Iterator[PageReading]:
        """Read a line; yield the board before it once it is whole."""
        if found := _DATE.fullmatch(text.strip()):
            yield from self._at(found[1])
        elif stat := _STAT.fullmatch(text.strip()):
            yield from self._begin(line, stat[1], stat[2])
            self._draws["power draw"] = float(stat[3])
        elif board := _BOARD.fullmatch(text.strip()):
            yield from self._begin(line, board[1], board[2].rstrip(". "))
        elif (drawn := _DRAWN.fullmatch(text.strip())) and self._device:
            self._draws["power draw"] = float(drawn[1])
        elif gpu := _GPU.fullmatch(text):
            yield from self._begin(line, gpu[1])
        elif tag := _TAG.fullmatch(text):
            if tag[2] is not None and tag[1] == "gpu":
                yield from self._begin(line, tag[2])
            self._section(tag[1].replace("_", " "))
        elif pair := _TAGGED.fullmatch(text) or _PAIR.fullmatch(text):
            yield from self._pair(pair[1].replace("_", " ").casefold(), pair[2])
        else:
            self._section(text.strip().casefold())

    def _section(self, name: str) -> None:
        self._is_power = _SECTIONS.get(name, self._is_power)

    def _pair(self, key: str, value: str) -> Iterator[PageReading]:
        if key == "timestamp":
            yield from self._at(value)
        elif key in ("gpu uuid", "uuid") and value.startswith("GPU-"):
            self._device = value
        elif key == "product name":
            self._name = value
        elif key in _DRAWS and self._is_power and value.endswith("W"):
            watts = amount(value)
            if watts is not None:
                self._draws[key] = watts

    def _at(self, text: str) -> Iterator[PageReading]:
        yield from self.rest()
        found = self._options.moment(text)
        self._time = found[0] if found else None

    def _begin(self, line: int, device: str, name: str = "") -> Iterator[PageReading]:
        yield from self.rest()
        self._line, self._device, self._name = line, device, name

    def rest(self) -> Iterator[PageReading]:
        """Yield the last board."""
        if self._device:
            watts = next((self._draws[key] for key in _DRAWS if key in self._draws), None)
            yield PageReading(self._line, self._time, self._device, self._name, watts)
        self._device, self._name, self._draws, self._is_power = "", "", {}, False
