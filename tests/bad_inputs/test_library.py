"""What a caller of the library can get wrong, and the exact messages."""

import time
from typing import Any

import numpy as np
import pytest

from greentrain import (
    AmbiguousName,
    Contradiction,
    GreentrainError,
    InputError,
    InvalidNumber,
    UnknownName,
    estimate,
)

HOURS = "hours of wall-clock time"
HOURS_RANGE = "must be greater than 0 and at most 1,000,000 (hours of wall-clock time); a century has 876,000"
UTILIZATION_RANGE = (
    "must be greater than 0 and at most 1.2 (mean power draw over TDP); "
    "0.75 means 75 %; boards do not exceed their TDP for long"
)
PUE_RANGE = (
    "must be at least 1 and at most 5 (facility energy over IT energy); no facility draws less than its computers"
)
TIME = ", or a time such as 96h, 2h30, 3d or 72:00"
PLAIN = ", without a unit or thousands separators"
THIS_YEAR = time.localtime().tm_year

Case = tuple[dict[str, Any], type[InputError], str]

NUMBERS: list[Case] = [
    ({"hours": -1}, InvalidNumber, f"hours -1: {HOURS_RANGE}"),
    ({"hours": 0}, InvalidNumber, f"hours 0: {HOURS_RANGE}"),
    ({"hours": 2e6}, InvalidNumber, f"hours 2000000.0: {HOURS_RANGE}"),
    ({"hours": float("nan")}, InvalidNumber, f"hours nan: must be a finite number ({HOURS})"),
    ({"hours": float("inf")}, InvalidNumber, f"hours inf: must be a finite number ({HOURS})"),
    ({"hours": "nan"}, InvalidNumber, f"hours 'nan': must be a finite number ({HOURS})"),
    ({"hours": "1e400"}, InvalidNumber, f"hours '1e400': must be a finite number ({HOURS})"),
    ({"hours": 10**400}, InvalidNumber, f"hours 1{79 * '0'}...: must be a finite number ({HOURS})"),
    ({"hours": 1e-320}, InvalidNumber, f"hours 1e-320: must be at least 1e-09 ({HOURS})"),
    ({"hours": True}, InvalidNumber, f"hours True: must be a number ({HOURS})"),
    ({"hours": [96]}, InvalidNumber, f"hours [96]: must be a number ({HOURS})"),
    ({"hours": b"96"}, InvalidNumber, f"hours b'96': must be a number ({HOURS})"),
    ({"hours": 1j}, InvalidNumber, f"hours 1j: must be a number ({HOURS})"),
    ({"hours": "1,5"}, InvalidNumber, f"hours '1,5': must be a number ({HOURS}); the decimal sign is a dot: 1.5"),
    ({"hours": "0,125"}, InvalidNumber, f"hours '0,125': must be a number ({HOURS}); the decimal sign is a dot: 0.125"),
    ({"hours": "1,000"}, InvalidNumber, f"hours '1,000': must be a number ({HOURS}){PLAIN}"),
    ({"hours": "96 V"}, InvalidNumber, f"hours '96 V': must be a number ({HOURS}){TIME}"),
    ({"hours": "10:75"}, InvalidNumber, f"hours '10:75': must be a number ({HOURS}){TIME}"),
    ({"hours": "1_0"}, InvalidNumber, f"hours '1_0': must be a number ({HOURS}){TIME}"),
    ({"hours": ""}, InvalidNumber, f"hours '': must be a number ({HOURS}){TIME}"),
    (
        {"hours": "\u0669\u0666"},  # Arabic-Indic digits, which Python would read
        InvalidNumber,
        rf"hours '\u0669\u0666': must be a number ({HOURS}){TIME}",
    ),
    ({"hours": np.array([1.0, 2.0])}, InvalidNumber, f"hours array([1., 2.]): must be a number ({HOURS})"),
    ({"count": np.True_}, InvalidNumber, f"count {np.True_!a}: must be a number (accelerators)"),
    ({"count": 2.5}, InvalidNumber, "count 2.5: must be a whole number (accelerators)"),
    ({"count": 0}, InvalidNumber, "count 0: must be at least 1 and at most 10,000,000 (accelerators)"),
    ({"runs": 0}, InvalidNumber, "runs 0: must be at least 1 and at most 10,000,000 (identical runs)"),
    ({"utilization": 1.3}, InvalidNumber, f"utilization 1.3: {UTILIZATION_RANGE}"),
    ({"utilization": 75}, InvalidNumber, f"utilization 75: {UTILIZATION_RANGE}"),
    ({"utilization": "75 W"}, InvalidNumber, "utilization '75 W': must be a number (mean power draw over TDP); "
     "write it without its unit: 75"),
    ({"host_factor": 0.9}, InvalidNumber, "host_factor 0.9: must be at least 1 and at most 5 "
     "(node power over accelerator power)"),
    ({"pue": 0.9}, InvalidNumber, f"pue 0.9: {PUE_RANGE}"),
    ({"pue": 5.1}, InvalidNumber, f"pue 5.1: {PUE_RANGE}"),
    ({"grid_intensity": 0}, InvalidNumber, "grid_intensity 0: must be greater than 0 and at most 3,000 "
     "(g CO2e/kWh); give grams, not kilograms or pounds"),
    ({"power": 100_000}, InvalidNumber, "power 100000: must be greater than 0 and at most 30,000 "
     "(W per accelerator); the largest single system draws 23,000"),
    ({"gpu": "A100-SXM4-80GB", "power": 1501}, InvalidNumber, "power 1501.0: no NVIDIA A100 SXM4 80GB draws that; "
     "it is rated 400 W, at most 1500 passes"),
    ({"year": 1999}, InvalidNumber, "year 1999: must be 2009 or later, the first year of the grid data"),
    ({"year": 2024.5}, InvalidNumber, "year 2024.5: must be a whole number (a calendar year)"),
    ({"year": THIS_YEAR + 6}, InvalidNumber, f"year {THIS_YEAR + 6}: is more than 5 years ahead; "
     f"the last is {THIS_YEAR + 5}"),
    ({"gpu": "0xA100"}, InvalidNumber, "count 0: must be at least 1 and at most 10,000,000 (accelerators)"),
    ({"gpu": "99999999xA100"}, InvalidNumber, "count 99999999: must be at least 1 and at most 10,000,000 "
     "(accelerators)"),
]  # fmt: skip
SEVERAL = "several accelerators have this name"
SEARCH = "'greentrain profiles WORD' searches the catalogue"
NAMES: list[Case] = [
    ({"gpu": "RTX 6000"}, AmbiguousName, f"gpu 'RTX 6000': {SEVERAL}; choose quadro-rtx-6000, rtx-6000-ada "
     "or rtx-pro-6000-blackwell"),
    ({"gpu": "M4"}, AmbiguousName, f"gpu 'M4': {SEVERAL}; choose apple-m4 or tesla-m4"),
    ({"gpu": "zzzzzz"}, UnknownName, f"gpu 'zzzzzz': unknown accelerator; {SEARCH}"),
    ({"gpu": "-"}, UnknownName, f"gpu '-': unknown accelerator; {SEARCH}"),
    ({"gpu": "8x"}, UnknownName, f"gpu '8x': unknown accelerator; {SEARCH}"),
    ({"cpu": "zzzzzz", "cpu_cores": 8}, UnknownName, f"cpu 'zzzzzz': unknown CPU; {SEARCH}"),
    ({"instance": "p4d"}, UnknownName, "instance 'p4d': unknown cloud instance type; did you mean p4d.24xlarge "
     "or p4de.24xlarge?"),
    ({"location": "!!!"}, UnknownName, "location '!!!': unknown place; 'greentrain grids WORD' searches the places"),
    ({"location": "us-west-2"}, AmbiguousName, "location 'us-west-2': several providers have a region of this name; "
     "choose aws:us-west-2 or lambda:us-west-2"),
]  # fmt: skip
EMPTY = "must not be empty; leave it out when unknown"
TEXTS: list[Case] = [
    ({"gpu": ""}, InputError, f"gpu '': {EMPTY}"),
    ({"gpu": "   "}, InputError, f"gpu '   ': {EMPTY}"),
    ({"location": ""}, InputError, f"location '': {EMPTY}"),
    ({"gpu": "V100\x1b[31m"}, InputError, r"gpu 'V100\x1b[31m': must not hold control characters"),
    ({"location": "FR\n"}, InputError, r"location 'FR\n': must not hold control characters"),
    ({"gpu": 100}, InputError, "gpu 100: must be text"),
    ({"location": ["FR"]}, InputError, "location ['FR']: must be text"),
    ({"site": "basement"}, InputError, "site 'basement': must be datacentre or workstation"),
]  # fmt: skip
ACCELERATORS_ONLY = "is about accelerators; name them with gpu or instance"
TOGETHER: list[Case] = [
    ({"gpu": None}, Contradiction, "gpu: name the hardware with gpu or instance, or cpu and cpu_cores"),
    ({"hours": None}, Contradiction, "hours: how long did it run? Give hours (wall-clock), gpu_hours (in total) "
     "or params and tokens"),
    ({"gpu_hours": 8}, Contradiction, "gpu_hours 8.0: give either hours (wall-clock) or gpu_hours (in total)"),
    ({"power": 200, "utilization": 0.7}, Contradiction, "utilization 0.7: has no effect when power, "
     "which was measured, is given"),
    ({"gpu": None, "cpu": "AMD EPYC 7763"}, Contradiction, "cpu 'AMD EPYC 7763': needs cpu_cores, the number of cores "
     "that the run used"),
    ({"memory_gb": 64}, Contradiction, "memory_gb 64.0: has an effect only with cpu_cores; otherwise host_factor "
     "covers the memory"),
    ({"host_factor": 1.5, "cpu_cores": 8}, Contradiction, "host_factor 1.5: already holds CPU and memory; "
     "leave out cpu, cpu_cores and memory_gb"),
    ({"hours": None, "gpu_hours": 8, "cpu_cores": 8}, Contradiction, "gpu_hours 8.0: cannot time the CPU; "
     "give hours (wall-clock)"),
    ({"gpu": None, "cpu_cores": 8, "count": 2}, Contradiction, "count 2: counts accelerators; for CPUs give all cores "
     "in cpu_cores"),
    ({"gpu": None, "cpu_cores": 8, "power": 100}, Contradiction, f"power 100.0: {ACCELERATORS_ONLY}"),
    ({"gpu": "V100", "instance": "p4d.24xlarge"}, Contradiction, "gpu 'V100': contradicts instance p4d.24xlarge, "
     "which has NVIDIA A100 SXM4 40GB"),
    ({"gpu": "8xA100", "count": 4}, Contradiction, "count 4: contradicts gpu '8xA100', which means 8"),
    ({"gpu": "8x{A100", "count": 4}, UnknownName, "gpu '8x{A100': unknown accelerator; did you mean A100?"),
    ({"instance": "p4d.24xlarge", "gpu": None, "location": "gcp:us-central1"}, Contradiction,
     "location 'gcp:us-central1': is not a region of aws, to which instance belongs"),
    ({"gpu": "TPU v3", "cpu_cores": 8}, Contradiction, "cpu_cores 8.0: is inside the measured mean of "
     "Google TPU v3 (chip); leave it out"),
]  # fmt: skip


def refusal(**arguments: Any) -> InputError:
    """Describe an ordinary run with one thing wrong, and give the error."""
    ordinary: dict[str, Any] = {"gpu": "V100", "hours": 96} | arguments
    with pytest.raises(InputError) as caught:
        estimate(**ordinary)
    return caught.value


@pytest.mark.parametrize(("arguments", "kind", "message"), NUMBERS + NAMES + TEXTS + TOGETHER)
def test_message(arguments: dict[str, Any], kind: type[InputError], message: str) -> None:
    """The class and every word of the message."""
    if "instance" in arguments and "gpu" not in arguments:
        arguments = arguments | {"gpu": None}
    error = refusal(**arguments)
    assert (type(error), str(error)) == (kind, message)


def test_every_refusal_is_a_value_error_of_ours() -> None:
    """Catching ValueError or GreentrainError catches them all."""
    for arguments, _, _ in NUMBERS + NAMES + TEXTS + TOGETHER:
        assert isinstance(refusal(**arguments), GreentrainError)
        assert isinstance(refusal(**arguments), ValueError)


def test_a_misspelt_region_suggests_the_right_one_first() -> None:
    """Two letters swapped."""
    error = refusal(location="aws:us-esat-1")
    assert type(error) is UnknownName
    assert error.suggestions[0] == "aws:us-east-1"
    assert str(error).startswith("location 'aws:us-esat-1': unknown place; did you mean aws:us-east-1, ")


def test_a_misspelt_country_suggests_the_right_one_first() -> None:
    """With its code, which is what to write."""
    error = refusal(location="Frence")
    assert type(error) is UnknownName
    assert str(error).startswith("location 'Frence': unknown place; did you mean FR (France)")


def test_an_unknown_country_is_never_replaced() -> None:
    """Nearness suggests and does not decide."""
    error = refusal(location="Atlantis")
    assert type(error) is UnknownName
    assert str(error).startswith("location 'Atlantis': unknown place")


def test_a_t400_is_not_a_t4() -> None:
    """Neither the device nor one of its neighbours is suggested in its place."""
    assert refusal(gpu="T400").suggestions == ()


@pytest.mark.parametrize(
    ("name", "wanted"), [("V10", "V100"), ("A10O", "a10"), ("H1000", "H100"), ("RTX 3099", "rtx-3090")]
)
def test_near_misses_are_suggested(name: str, wanted: str) -> None:
    """A slip of one key leads to the device."""
    error = refusal(gpu=name)
    assert type(error) is UnknownName
    assert wanted in error.suggestions


def test_a_cyrillic_look_alike_is_told_apart() -> None:
    """The message shows the foreign letter and offers the Latin name."""
    error = refusal(gpu="\u0410100")
    assert type(error) is UnknownName
    assert str(error).startswith(
        r"gpu '\u0410100': unknown accelerator (it has characters outside ASCII); did you mean "
    )
    assert "A100" in error.suggestions


@pytest.mark.parametrize(
    ("name", "key"), [("L40", "l40"), ("L4", "l4"), ("A100X", "a100x"), ("A10", "a10"), ("T4", "t4")]
)
def test_names_that_begin_alike_stay_themselves(name: str, key: str) -> None:
    """A name that another one begins with is exact."""
    assert estimate(name, hours=1).run["gpu"] == key


@pytest.mark.parametrize("hours", [96, 96.0, "96", " 96.0 ", "9.6e1", np.float32(96), np.int64(96), np.array(96.0)])
def test_a_plain_number_passes_in_every_dress(hours: Any) -> None:
    """Integers, text and NumPy scalars are the same 96 hours."""
    assert estimate("V100", hours=hours).run["hours"] == 96.0


def test_a_huge_integer_is_refused_without_being_written_out() -> None:
    """Python refuses to print 5000 digits; the message must not fail on that."""
    assert (
        str(refusal(hours=10**5000))
        == f"hours a number of int type too long to show: must be a finite number ({HOURS})"
    )
    assert str(refusal(gpu="9" * 5000 + "xA100")).endswith("unknown accelerator; it is longer than 200 characters")
