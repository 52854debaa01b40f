"""Cloud machine types as people write them; loaded for what is no name as it stands.

``2x AWS p4d.24xlarge (8x A100)`` is a count, a provider, a name, and a remark that has to be true.
"""

from __future__ import annotations

import re

from greentrain.catalogue.accelerator_facts import NotThat
from greentrain.catalogue.accelerator_names import read_accelerator_words
from greentrain.catalogue.name_words import PROVIDERS, Words, plain_text
from greentrain.light_typing import TYPE_CHECKING

if TYPE_CHECKING:
    from greentrain.catalogue.accelerator_facts import KnownHardware
    from greentrain.catalogue.records import Instance

_APART = re.compile(r"[\s,;]+")
_REMARK = re.compile(r"(.+?)(?:\s*\(([^()]+)\)|\s+with\s+(\S.*))")
_NOISE = frozenset(
    (word,)
    for word in ("instance", "instances", "vm", "vms", "machine", "machines", "node", "nodes", "type", "server",
                 "servers", "tpu", "shape")
)  # fmt: skip
_COUNTED = frozenset(word for (word,) in _NOISE)
_ATTACHED = re.compile(r"n1-(?:standard|highmem|highcpu|ultramem|megamem)-\d+", re.IGNORECASE | re.ASCII)
_WITHOUT = re.compile(
    r"(?:ml\.)?(?:a1|c\d|d\d|h\d|hpc\d|i\d|im\d|is\d|m\d|mac\d|r\d|t\d|u-?\d|x\d|z\d)[a-z0-9-]*\.(?:nano|micro|small|medium"
    r"|\d*x?large|metal\S*)"
    r"|(?:e2|n2|n2d|n4|c2|c2d|c3|c3d|c4|c4a|m1|m2|m3|t2d|t2a|h3|z3)-\w+-\w+"
    r"|standard_[abdefhlm]\d+\w*(?:_v\d)?|[abdefhlm]\d+\w*_v\d|(?:vm|bm)\.(?:standard|optimized|denseio)\S*",
    re.IGNORECASE | re.ASCII,
)
"""Machine types without accelerators, by how their providers name them."""


def read_instance(hardware: KnownHardware, text: str) -> tuple[Instance, int | None]:
    """Read a machine type and how many of it are counted.

    Raises
    ------
    NotThat
        If nothing has the name, with a blank rule where nothing is known of it, or what is said of it is not true.
    """
    plain = plain_text(text)
    remark = _REMARK.fullmatch(plain)
    named, said = (remark[1], remark[2] or remark[3]) if remark else (plain, "")
    provider, _, rest = named.partition(":")
    if rest and (provider.casefold(),) in PROVIDERS:
        named = f"{provider} {rest}"
    words = Words(word for word in _APART.split(named) if word)
    providers = {PROVIDERS[taken.phrase] for taken in words.take_all(PROVIDERS)}
    words.take_all((("cloud",), ("on",), ("google",), ("lambda",)))
    counts = [*words.take_times(), *(count for count, _ in words.take_counted(_COUNTED))]
    if (leading := words.take_leading_number()) is not None:
        counts.append(leading)
    words.take_all(_NOISE)
    name = " ".join(words.left)
    found = hardware.instance(name)
    if found is None or len(counts) > 1:
        raise NotThat("")
    if providers and providers != {found.provider}:
        raise NotThat(f"{found.instance} is a type of {found.provider}, not of {' or '.join(sorted(providers))}")
    if said:
        _check_remark(hardware, found, said)
    return found, counts[0] if counts else None


def _check_remark(hardware: KnownHardware, found: Instance, said: str) -> None:
    """Check that a remark such as ``8x A100`` names what the type has."""
    try:
        devices = read_accelerator_words(hardware, said)
    except NotThat:
        raise NotThat(f"says {said!r} of {found.instance}, which nothing is known of; leave it out") from None
    members = devices.family.members if devices.family else (devices.profile.id,)
    if found.accelerator not in members or devices.number not in (None, found.accelerator_count):
        device = hardware.accelerator(found.accelerator).name
        raise NotThat(f"says {said!r} of {found.instance}, which has {found.accelerator_count} x {device}")


def why_no_instance(hardware: KnownHardware, text: str) -> str:
    """Say what a text is that is no machine type with accelerators; blank where nothing is known of it."""
    if _ATTACHED.fullmatch(text.strip()):
        return "has no accelerators of its own; name those that are attached with {gpu} and {count}"
    try:
        read_accelerator_words(hardware, text)
    except NotThat:
        if _WITHOUT.fullmatch(text.strip()):
            return "is a machine type without accelerators; describe its CPU with {cpu} and {cpu_cores}"
        return ""
    return "is an accelerator and no machine type; name it with {gpu}"
