"""The size of a training, as the user states it beside a result that does not know it."""

from greentrain import formulas
from greentrain.errors import Contradiction
from greentrain.estimation.limits import checked_number
from greentrain.reporting.subject import STATED, Size, Subject

SIZES = ("params", "tokens", "active_params", "flops")


def with_stated_size(subject: Subject, said: dict[str, float | str]) -> Subject:
    """Give a subject the size that the user states.

    Parameters
    ----------
    subject : Subject
        A tracked run, a project, or an estimate of a training whose size was not stated.
    said : dict
        Some of `SIZES`. Operations that are not stated are 6 x (active) parameters x tokens, where both are.

    Raises
    ------
    InputError
        If the result has a size of its own or can have none, or if a number makes no sense.
    """
    if not said:
        return subject
    first = next(iter(said))
    if subject.kind == "validation":
        raise Contradiction(first, said[first], "is the size of one training, and a validation is of many")
    if subject.kind == "estimate" and subject.size is not None:
        raise Contradiction(first, said[first], "was said of the estimate already")
    return subject._replace(size=_size({name: checked_number(name, value) for name, value in said.items()}))


def _size(known: dict[str, float]) -> Size:
    params, tokens, active, flops = map(known.get, SIZES)
    if active is not None and params is None:
        raise Contradiction("active_params", active, "needs {params}, the size of the model")
    if active is not None and params is not None and active > params:
        raise Contradiction("active_params", active, f"is more than {{params}}, {params:g}")
    if flops is not None:
        return Size(params, tokens, flops, STATED)
    per_token = active or params
    if per_token is None or tokens is None:
        return Size(params, tokens)
    counted: float = formulas.training_flop(per_token, tokens)
    return Size(params, tokens, counted, f"6 x {'active parameters' if active else 'parameters'} x tokens")
