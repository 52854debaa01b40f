"""``track``: the way into a live run, as a decorator and as a context manager."""

from __future__ import annotations

from os import PathLike

from greentrain.light_typing import TYPE_CHECKING
from greentrain.tracking.decorate import decorated
from greentrain.tracking.live import LiveRun
from greentrain.tracking.settings import INTERVAL_SECONDS, Settings, checked_settings
from greentrain.tracking.training_records import Span

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import TracebackType
    from typing import Any, Unpack, overload

    from greentrain.estimation import Estimate
    from greentrain.tracking.finished_run import FinishedRun, Measurement
    from greentrain.tracking.function_types import Owner, P, R, TrackedFunction, TrackKeywords


class Tracker:
    """What `track` returns: a decorator and a context manager. Each call and each ``with`` block is a run of its own.

    Its other members (`log`, `span`, `measurement` and so on) are those of the newest of its runs.

    Parameters
    ----------
    settings : Settings
        The runs as described.
    newest : FinishedRun, optional
        The newest of its runs, if that has ended already.

    Examples
    --------
    >>> tracker = track("bert", meter="none", quiet=True)
    >>> with tracker as run:
    ...     run.log(loss=0.25)
    >>> tracker.record["status"]
    'completed'
    """

    def __init__(self, settings: Settings, newest: FinishedRun | None = None) -> None:
        self._settings = settings
        self._newest: LiveRun | FinishedRun | None = newest
        self._entered: list[LiveRun] = []

    def start(self, name: str | None = None) -> LiveRun:
        """Begin a run; `stop` or the end of the process ends it.

        Parameters
        ----------
        name : str, optional
            What to call it where `track` was given no name.

        Examples
        --------
        >>> tracker = track(meter="none", quiet=True)
        >>> tracker.start("bert")
        <LiveRun 'bert', running>
        >>> tracker.stop()
        """
        run = LiveRun(self._settings, self._settings.name if self._settings.name is not None else name)
        run.begin()
        self._newest = run
        return run

    def stop(self) -> None:
        """End the newest run as completed; without one, or a second time, it does nothing.

        Examples
        --------
        >>> tracker = track("bert", meter="none", quiet=True)
        >>> run = tracker.start()
        >>> tracker.stop()
        >>> run.record["status"]
        'completed'
        """
        if self._newest is not None:
            self._newest.stop()

    def __enter__(self) -> LiveRun:
        run = self.start()
        try:
            self._entered.append(run)
            run.enter()
        except BaseException as error:  # what a signal's handler raises here keeps the block from its end
            run.end(error)
            raise
        return run

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if not self._entered:
            return
        run = self._entered[-1]
        try:
            # Blocks of other threads and tasks may have been entered since.
            run = next((run for run in reversed(self._entered) if run.is_current), run)
            self._newest = run
            run.end(error)
        except BaseException:  # a signal's handler: a second end does nothing where there was a first
            run.end(error)
            raise
        finally:
            if run in self._entered:
                self._entered.remove(run)

    if TYPE_CHECKING:  # a static method can be called too: its overload comes first, and it stays what it is

        @overload
        def __call__(self, function: staticmethod[P, R]) -> staticmethod[P, R]: ...  # type: ignore[overload-overlap]
        @overload
        def __call__(self, function: classmethod[Owner, P, R]) -> classmethod[Owner, P, R]: ...
        @overload
        def __call__(self, function: Callable[P, R]) -> TrackedFunction[P, R]: ...

    def __call__(self, function: Any) -> Any:
        """Track every call of a function; it stays the kind of function that it is, and leads to its latest run."""
        return decorated(function, self.start)

    def span(self, name: str, /, **attributes: Any) -> Span:
        """Mark a part of the newest run.

        Examples
        --------
        >>> tracker = track("bert", meter="none", quiet=True)
        >>> with tracker, tracker.span("epoch", epoch=1):
        ...     pass
        >>> tracker.measurement.spans[0]["name"]
        'epoch'
        """
        return Span(None, name, attributes) if self._newest is None else self._newest.span(name, **attributes)

    def log(self, **values: Any) -> None:
        """Record numbers in the newest run.

        Examples
        --------
        >>> tracker = track("bert", meter="none", quiet=True)
        >>> with tracker:
        ...     tracker.log(loss=0.25)
        >>> tracker.measurement.logs["loss"]["last"]
        0.25
        """
        if self._newest is not None:
            self._newest.log(**values)

    def energy_kwh_so_far(self) -> float | None:
        """Energy that this node has drawn in the newest run, before PUE; None where nothing is known. [kWh]

        Examples
        --------
        >>> tracker = track("bert", meter="none", gpu="V100", quiet=True)
        >>> with tracker:
        ...     print(tracker.energy_kwh_so_far())
        None
        >>> tracker.energy_kwh_so_far() > 0
        True
        """
        return self._newest.energy_kwh_so_far() if self._newest is not None else None

    @property
    def should_stop(self) -> bool:
        """Whether the newest run has used up its budget and ``on_budget`` is ``"stop"``."""
        return self._newest is not None and self._newest.should_stop

    @property
    def measurement(self) -> Measurement | None:
        """What was measured in the newest run; None as long as it goes on."""
        return self._newest.measurement if self._newest is not None else None

    @property
    def estimate(self) -> Estimate | None:
        """The estimate of the newest run by the hardware profiles; None while it goes on and for unknown hardware."""
        return self._newest.estimate if self._newest is not None else None

    @property
    def record(self) -> dict[str, Any] | None:
        """The newest run as plain data; None before there is one."""
        return self._newest.record if self._newest is not None else None

    def __reduce__(self) -> tuple[Any, ...]:
        """Pickle and copy with a finished view of the newest run: a run cannot go on in two places."""
        newest = self._newest.view() if isinstance(self._newest, LiveRun) else self._newest
        named = tuple(sink for sink in self._settings.sinks if isinstance(sink, str))
        return type(self), (self._settings._replace(sinks=named), newest)

    def __repr__(self) -> str:
        return f"<Tracker {self._settings.name!a}, newest run: {self._newest!r}>"


if TYPE_CHECKING:  # the name first: that is what `track(**settings)` is taken for

    @overload
    def track(name: str | None = None, **keywords: Unpack[TrackKeywords]) -> Tracker: ...
    @overload
    def track(  # type: ignore[overload-overlap]
        name: staticmethod[P, R], **keywords: Unpack[TrackKeywords]
    ) -> staticmethod[P, R]: ...
    @overload
    def track(name: classmethod[Owner, P, R], **keywords: Unpack[TrackKeywords]) -> classmethod[Owner, P, R]: ...
    @overload
    def track(name: Callable[P, R], **keywords: Unpack[TrackKeywords]) -> TrackedFunction[P, R]: ...


def track(
    name: Any = None,
    *,
    project: str | None = None,
    location: str | None = None,
    year: int | None = None,
    pue: float | None = None,
    grid_intensity: float | None = None,
    gpu: str | None = None,
    count: int | None = None,
    instance: str | None = None,
    workload: str | None = None,
    site: str | None = None,
    run_id: str | None = None,
    interval: float = INTERVAL_SECONDS,
    total_steps: int | None = None,
    budget_kwh: float | None = None,
    budget_kg: float | None = None,
    on_budget: str = "warn",
    home: str | PathLike[str] | None = None,
    meter: Any = None,
    quiet: bool = False,
    profiles: str | PathLike[str] | None = None,
    record_command: bool | None = None,
    user: str | None = None,
    sinks: Any = None,
) -> Any:
    """Measure a training run: ``@track`` or ``@track("bert")`` on a function, or ``with track("bert") as run``.

    Measuring happens in a process of its own, which sees the run end by whatever cause. The training keeps its return
    value and its exceptions whatever happens here.

    Parameters
    ----------
    name : str, optional
        Name of the run. Default: the function's name.
    project : str, optional
        Project that the run belongs to.
    location : str, optional
        Country, part of a country or cloud region: ``FR``, ``US-CA``, ``aws:us-east-1``.
    year : int, optional
        Year of the grid's carbon intensity. Default: the current year.
    pue : float, optional
        Power usage effectiveness of the facility. Default: the one published for the place. [1]
    grid_intensity : float, optional
        Carbon intensity of the electricity. Default: the place's, in that year. [g CO2e/kWh]
    gpu, count, instance, workload : optional
        Hardware and kind of training, for the estimate next to the measurement. Default: the accelerators
        that the meter sees.
    site : {'datacentre', 'workstation'}, optional
        Where the computers are; a workstation has PUE 1. Default: a data centre.
    run_id : str, optional
        What nodes, ranks, restarts and resumptions of one run have in common. Default: the launcher's job.
    interval : float, optional
        Time between samples. Default: 1. [s]
    total_steps : int, optional
        Steps of the whole training; with ``run.log(step=...)`` they give a forecast.
    budget_kwh : float, optional
        Energy of the facility that the run may use. [kWh]
    budget_kg : float, optional
        Emissions that the run may cause. [kg CO2e]
    on_budget : {'warn', 'raise', 'stop'}, optional
        What happens when a budget is used up: a warning, ``BudgetExceeded`` at the next ``log`` or ``span``, or
        ``run.should_stop``, by which callbacks end the training. A warning comes at 80 % in any case. Default: 'warn'.
    home : path, optional
        Folder of the records. Default: ``GREENTRAIN_HOME``, or else the user's data folder.
    meter : str or ReplayMeter, optional
        ``codecarbon``, ``native``, ``none``, ``replay:FILE``, or one that another package adds.
        Default: ``codecarbon``.
    quiet : bool, optional
        Whether to leave out the one line at the end. Default: False.
    profiles : path, optional
        Folder of your own profiles. Default: the shipped profiles alone.
    record_command : bool, optional
        Whether the record holds the command line, with what looks like a secret masked. Default: True, or as
        ``GREENTRAIN_RECORD_COMMAND`` says.
    user : str, optional
        Whose run it is. Default: as ``GREENTRAIN_USER`` says, or nobody's.
    sinks : sequence of str or object, optional
        Trackers that get energy, power and emissions too: ``wandb``, ``mlflow``, ``trackio``, ``tensorboard:FOLDER``,
        ``otlp:URL``, ``prometheus:FILE`` or ``prometheus:PORT``, one that another package adds, or an object with
        ``log(values, step)`` or ``add_scalar``.

    Returns
    -------
    Tracker or TrackedFunction
        The tracked function where ``track`` itself is the decorator. It keeps its parameters, its result and its kind,
        and leads to its latest run in this process: ``train.run``, None before the first call. Keep ``@track``
        outermost: a decorator above it copies the attribute as it is by then.

    Raises
    ------
    InputError
        If an argument cannot be used, before any training starts.

    Examples
    --------
    >>> @track("bert", location="FR", quiet=True)
    ... def train(steps: int) -> float:
    ...     return 1 / steps
    >>> train(4)
    0.25
    >>> train.run.record["status"]
    'completed'
    >>> with track("bert", location="FR", quiet=True) as run:
    ...     run.log(loss=0.25)
    >>> run.measurement.logs["loss"]["last"]
    0.25
    """
    is_function = name is not None and not isinstance(name, str)
    arguments = {
        "name": None if is_function else name,
        "project": project,
        "location": location,
        "year": year,
        "pue": pue,
        "grid_intensity": grid_intensity,
        "gpu": gpu,
        "count": count,
        "instance": instance,
        "workload": workload,
        "site": site,
        "run_id": run_id,
        "interval": interval,
        "total_steps": total_steps,
        "budget_kwh": budget_kwh,
        "budget_kg": budget_kg,
        "on_budget": on_budget,
        "home": home,
        "meter": meter,
        "quiet": quiet,
        "profiles": profiles,
        "record_command": record_command,
        "user": user,
        "sinks": sinks,
    }
    tracker = Tracker(checked_settings(arguments))
    return tracker(name) if is_function else tracker
