"""How often a sample is written: often at first, seldom in a long run, so that a month stays small."""

_STAGES = ((60.0, 1.0), (3600.0, 10.0), (float("inf"), 60.0))


def writing_interval_seconds(elapsed_seconds: float, reading_interval_seconds: float) -> float:
    """Give the time between written samples: a second, ten after the first minute, a minute after the first hour.

    Parameters
    ----------
    elapsed_seconds : float
        Time since the run's start. [s]
    reading_interval_seconds : float
        Time between readings; nothing is written more often than it is read. [s]

    Returns
    -------
    float
        The time. [s]
    """
    wanted = next(seconds for until, seconds in _STAGES if elapsed_seconds < until)
    return max(wanted, reading_interval_seconds)
