"""Training as computation: accelerator-hours that follow from a model's size, or what known hours imply."""

from typing import Any, NamedTuple

from greentrain import formulas
from greentrain.catalogue import Accelerator, Catalogue
from greentrain.elementwise import extremes
from greentrain.errors import Contradiction, InvalidNumber, either
from greentrain.estimation.devices import ResolvedDevices
from greentrain.estimation.ranges import LIMITS
from greentrain.estimation.request import ENCODER_DECODER, Request
from greentrain.inputs import Input, given
from greentrain.interval import Interval, reciprocal, with_relative_width

IMPOSSIBLE_MFU = 0.75
"""No published training of a whole model came near this share of the dense peak. [1]"""
ABSURD_MFU = 0.01
"""Below this the accelerators would have idled nearly all the time. [1]"""
_SAME = {"fp16": "bf16"}
_DEFAULT_ORDER = ("bf16", "fp32", "fp8")
_FEWEST_HOURS = 1e-6


class Compute(NamedTuple):
    """The operations of a training, and the hours that follow from them.

    Attributes
    ----------
    flop : float
        Operations of one run. [FLOP]
    precision : str or None
        Precision of the peak; None where no peak is known and none is needed.
    peak : Input or None
        Dense peak of one accelerator, or of the part of it that an instance has. [TFLOP/s]
    mfu : Input or None
        Model FLOPs utilization that the hours follow from [1]; None where hours were given.
    hours : Interval or None
        Accelerator-hours of one run that follow from the operations [h]; None where hours were given.
    """

    flop: float
    precision: str | None
    peak: Input | None
    mfu: Input | None
    hours: Interval | None
    request: Request

    @property
    def inputs(self) -> tuple[Input, ...]:
        """What the hours follow from, the hours first; nothing where they were given."""
        if self.hours is None or self.peak is None or self.mfu is None:
            return ()
        basis = "given" if self.mfu.basis == "given" else "default"
        hours = Input("gpu_hours", self.hours, "h", basis, self.mfu.source, _hours_note(self.request), weight=0)
        units = {"params": "1", "active_params": "1", "tokens": "1", "flops": "FLOP"}
        stated = [(name, getattr(self.request, name)) for name in units]
        sizes = [given(name, value, units[name]) for name, value in stated if value is not None]
        return (hours, *sizes, self.peak, self.mfu)

    def described(self, accelerator_hours: float) -> dict[str, Any]:
        """Describe the training as computation, with the MFU used or implied.

        Parameters
        ----------
        accelerator_hours : float
            Accelerator-hours of one run. [h]
        """
        names = ("params", "active_params", "tokens", "architecture")
        found: dict[str, Any] = {name: value for name in names if (value := getattr(self.request, name)) is not None}
        return {**found, "flops": self.flop, "precision": self.precision, "mfu": self._mfu(accelerator_hours)}

    def notes(self, accelerator_hours: float) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """Return notes on the MFU that the hours imply where both are known, and warnings of a strange one.

        Parameters
        ----------
        accelerator_hours : float
            Accelerator-hours of one run. [h]
        """
        if self.hours is not None:
            return (), () if self.request.mfu is None else _doubts_of_given(self.request.mfu)
        mfu = self._mfu(accelerator_hours)
        if mfu is None or self.peak is None:
            unknown = "No peak performance is known for this device: the hours cannot be checked by the model's size."
            return (unknown,), ()
        peak = f"{self.peak.value.best:g} TFLOP/s at {self.precision}"
        note = f"The hours imply a model FLOPs utilization (MFU) of {mfu:.3g} of the dense peak, {peak}."
        return (note,), _doubts(mfu)

    def _mfu(self, accelerator_hours: float) -> float | None:
        if self.mfu is not None or self.peak is None:
            return self.mfu.value.best if self.mfu else None
        mfu: float = formulas.flops_utilization(self.flop, self.peak.value.best, accelerator_hours)
        return mfu


def find_compute(catalogue: Catalogue, request: Request, devices: ResolvedDevices | None) -> Compute | None:
    """Work out the operations of a training and, unless hours were given, the accelerator-hours that follow.

    Parameters
    ----------
    catalogue : Catalogue
        Where peaks and the default MFU are.
    request : Request
        The checked arguments; nothing of a model's size gives None.
    devices : ResolvedDevices or None
        The accelerators, without which no size is accepted.

    Raises
    ------
    Contradiction
        If no peak is known at the precision named, or none at all where the hours depend on it.
    InvalidNumber
        If the size comes to more hours, or fewer, than any training has.
    """
    if devices is None or not request.names_work:
        return None
    flop = _flop(request)
    precision = _precision(devices, request)
    peak = _peak(catalogue, devices, precision) if precision else None
    if request.hours is not None or request.gpu_hours is not None:
        return Compute(flop, request.precision or precision, peak, None, None, request)
    assert precision is not None
    assert peak is not None
    mfu = _mfu_input(catalogue, devices.profile, precision, request.mfu)
    best = formulas.accelerator_hours(flop, peak.value.best, mfu.value.best)
    _check_hours(request, devices, best)
    hours = with_relative_width(best, reciprocal(peak.value), reciprocal(mfu.value))
    return Compute(flop, request.precision or precision, peak, mfu, hours, request)


def _flop(request: Request) -> float:
    if request.flops is not None:
        return request.flops
    assert request.params is not None
    passed = request.active_params
    if passed is None:
        passed = request.params * _share_of_params(request)
    flop: float = formulas.training_flop(passed, request.tokens)
    return flop


def _share_of_params(request: Request) -> float:
    """Return which part of the parameters each token passes through: an encoder-decoder's half. [1]"""
    return 0.5 if request.architecture == ENCODER_DECODER else 1.0


def _precision(devices: ResolvedDevices, request: Request) -> str | None:
    """Choose the precision whose peak counts: the one named, else the first known; None where none has to be."""
    known = [name for name in _DEFAULT_ORDER if _tflops(devices.profile, name)]
    if request.precision is not None:
        wanted = _SAME.get(request.precision, request.precision)
        if wanted not in known:
            others = f"; known is {either(known)}" if known else ""
            raise Contradiction(
                "precision", request.precision, f"no peak at this precision is known for {devices.name}{others}"
            )
        return wanted
    if not known and request.hours is None and request.gpu_hours is None:
        raise Contradiction(
            "gpu",
            devices.profile.id,
            f"no peak performance is known for {devices.name}; give {{hours}} or {{gpu_hours}}",
        )
    return known[0] if known else None


def _tflops(profile: Accelerator, precision: str) -> float | None:
    return {
        "bf16": profile.peak_bf16_tflops,
        "fp8": profile.peak_fp8_tflops,
        "fp32": profile.peak_fp32_tflops,
    }[precision]


def _peak(catalogue: Catalogue, devices: ResolvedDevices, precision: str) -> Input:
    """Return the dense peak, spanning the members where the name covers several devices."""
    profile = devices.profile
    best = _tflops(profile, precision)
    assert best is not None
    known = [tflops for one in devices.profiles(catalogue) if (tflops := _tflops(one, precision))]
    value = Interval(min(known), best, max(known)).scaled(devices.fraction)
    note = f"{devices.name}, dense, {precision}"
    return Input("peak", value, "TFLOP/s", "published", profile.source, note, key=f"device:{profile.id}")


def _mfu_input(catalogue: Catalogue, profile: Accelerator, precision: str, value: float | None) -> Input:
    if value is not None:
        return given("mfu", value, "1")
    # Runs of a generation were published on its server modules; a card of that name is no such machine.
    family = profile.family if profile.hardware_class == "sxm-node" else ""
    figure = catalogue.hardware.compute_default(precision, "mfu", family)
    return Input("mfu", figure.value, figure.unit, figure.basis, figure.source, figure.notes)


def _check_hours(request: Request, devices: ResolvedDevices, hours: float) -> None:
    most = LIMITS["gpu_hours"].most
    least, longest = extremes(hours)
    if least >= _FEWEST_HOURS and longest <= most:
        return
    name = "flops" if request.flops is not None else "params"
    limit = f"more than {most:,.0f}" if longest > most else f"less than {_FEWEST_HOURS:g}"
    worst = longest if longest > most else least
    rule = f"comes to {worst:.3g} accelerator-hours of {devices.name}, {limit}; check its unit"
    raise InvalidNumber(name, getattr(request, name), rule)


def _hours_note(request: Request) -> str:
    work = "flops"
    if request.flops is None:
        params = "params" if request.active_params is None else "active_params"
        work = f"{6 * _share_of_params(request):g} x {params} x tokens"
    return f"{work} / (peak x MFU)"


def _doubts_of_given(mfu: float) -> tuple[str, ...]:
    """Warn of an MFU that the user gives and no training has."""
    if mfu > IMPOSSIBLE_MFU:
        rule, what = f"An MFU above {IMPOSSIBLE_MFU:g} is impossible in practice", "small"
    elif mfu < ABSURD_MFU:
        rule, what = f"An MFU below {ABSURD_MFU:g} is absurdly low", "large"
    else:
        return ()
    return (f"{rule}, and {mfu:g} is given: hours, energy and emissions come out too {what}.",)


def _doubts(mfu: float) -> tuple[str, ...]:
    if ABSURD_MFU <= mfu <= IMPOSSIBLE_MFU:
        return ()
    from greentrain.numbers import rounded  # no other estimate loads it

    if mfu > IMPOSSIBLE_MFU:
        return (
            f"An MFU above {IMPOSSIBLE_MFU:g} is impossible in practice: this run's is {rounded(mfu)}, so the hours "
            "are too few (wall-clock hours given as accelerator-hours, or a missing count), or params and tokens too "
            "many (all parameters of a mixture of experts instead of the active ones, tokens of the data set instead "
            "of those seen, B for M). Each token passes half of an encoder-decoder: state that architecture.",
        )
    return (
        f"An MFU below {ABSURD_MFU:g} is absurdly low: this run's is {rounded(mfu)}, so the hours are too many "
        "(accelerator-hours given as wall-clock hours with a count, or several runs in one), or params and tokens "
        "too few (M for B, one epoch of several).",
    )
