"""The settings that a run hands to its meter, as one line of JSON."""

import json
from typing import NamedTuple


class MeterSettings(NamedTuple):
    """The settings of a meter: all that a back-end is made from.

    Attributes
    ----------
    run_folder : str
        Folder of the run's journals.
    session : str
        The session's id, in every start record.
    run_pid : int
        The run's process.
    pid_started : int or None
        When that process started, by `process_started`.
    root_pid : int
        The process from which all of the run on this node descends: the launcher's where it started several ranks.
    started_mono : float
        The run's start, of ``time.monotonic``. [s]
    interval_seconds : float
        Time between readings. [s]
    environment : dict of str to str
        The run's variables that select GPUs.
    meter : str
        Name of the back-end, and after a colon its argument where it takes one: ``native``, ``replay:FILE``.
    country_iso3 : str or None
        The country, for codecarbon.
    """

    run_folder: str
    session: str
    run_pid: int
    pid_started: int | None
    root_pid: int
    started_mono: float
    interval_seconds: float
    environment: dict[str, str]
    meter: str
    country_iso3: str | None

    @property
    def argument(self) -> str:
        """What the user wrote after the back-end's name and a colon; empty where there is nothing."""
        return self.meter.partition(":")[2]


def from_json(text: str) -> MeterSettings:
    """Read the settings that `launch` wrote."""
    return MeterSettings(**json.loads(text))
