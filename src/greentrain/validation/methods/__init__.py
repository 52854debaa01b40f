"""Published methods of estimating a training run, each as its source states it.

Every file has the method as a pure function of floats, with equation, constants, reference and limits, and the same
method as seen by a described job or a published record. The constants are in methods.csv with their sources.
"""

from collections.abc import Mapping

from greentrain.validation.methods.anthony2020 import Anthony2020, anthony2020
from greentrain.validation.methods.codecarbon import Codecarbon, codecarbon, codecarbon_cpu, codecarbon_memory
from greentrain.validation.methods.henderson2020 import Henderson2020, henderson2020
from greentrain.validation.methods.job import Job, described_job
from greentrain.validation.methods.lacoste2019 import Lacoste2019, lacoste2019
from greentrain.validation.methods.lannelongue2021 import Lannelongue2021, lannelongue2021
from greentrain.validation.methods.method import (
    Constant,
    Method,
    MethodResult,
    all_constants,
    constant,
    constants_of,
    settings_of,
)
from greentrain.validation.methods.nameplate import Nameplate, nameplate
from greentrain.validation.methods.patterson2021 import Patterson2021, patterson2021
from greentrain.validation.methods.strubell2019 import Strubell2019, strubell2019
from greentrain.validation.methods.tdp_method import TdpMethod, tdp_method

__all__ = [
    "METHODS",
    "Constant",
    "Job",
    "Method",
    "MethodResult",
    "all_constants",
    "anthony2020",
    "codecarbon",
    "codecarbon_cpu",
    "codecarbon_memory",
    "constant",
    "constants_of",
    "described_job",
    "henderson2020",
    "lacoste2019",
    "lannelongue2021",
    "nameplate",
    "patterson2021",
    "settings_of",
    "strubell2019",
    "tdp_method",
]

METHODS: Mapping[str, Method] = {
    method.name: method
    for method in (
        Strubell2019(),
        Lacoste2019(),
        Henderson2020(),
        Anthony2020(),
        Lannelongue2021(),
        Patterson2021(),
        TdpMethod(),
        Nameplate(),
        Codecarbon(),
    )
}
"""The methods by name, oldest first."""
