"""Words that state that something is not known, such as ``N/A`` or ``not specified``, in the languages of cards."""

from __future__ import annotations

import re

from greentrain.catalogue import names

_UNKNOWN = {
    "unknown", "unk", "unkown", "unspecified", "undisclosed", "undefined", "undetermined", "unsure", "unclear",
    "unstated", "unreported", "unavailable", "null", "nan", "nil", "none", "missing", "tbd", "tba", "todo", "idk",
    "private", "confidential", "secret", "anonymous", "anonymized", "anonymised", "redacted", "withheld", "various",
    "multiple", "several", "different", "varied", "varying", "somewhere", "anywhere", "unbekannt", "inconnu",
    "inconnue", "desconocido", "desconocida", "desconhecido", "desconhecida", "sconosciuto", "sconosciuta",
    "nieznany", "ukendt", "ukjent", "okänd", "onbekend", "tuntematon", "neznámý", "bilinmiyor", "неизвестно", "不明",
    "未知",
}  # fmt: skip
"""Words that mean "not known" by themselves."""
_NOT = {
    "not", "no", "non", "without", "t", "dont", "don", "cannot", "cant", "nicht", "keine", "kein", "sin", "sans",
    "senza", "não", "niet", "inte", "ikke", "pas", "to", "more", "n", "na",
}  # fmt: skip
"""Words after which the next ones are denied or still to come."""
_OF_UNKNOWN = {
    "specified", "available", "applicable", "known", "disclosed", "reported", "provided", "given", "stated",
    "public", "published", "shared", "recorded", "determined", "decided", "mentioned", "listed", "documented",
    "tracked", "sure", "know", "say", "info", "information", "data", "details", "detail", "answer", "idea",
    "needed", "required", "be", "is", "are", "was", "were", "i", "we", "do", "yet", "at", "this", "time", "the",
    "a", "an", "of", "in", "location", "locations", "place", "places", "region", "regions", "country", "countries",
    "site", "sites", "city", "zone", "zones", "area", "grid", "datacenter", "datacenters", "center", "centers",
    "centre", "centres", "cloud", "server", "servers", "angabe", "angaben", "bekannt", "angegeben", "renseigné",
    "connu", "connue", "précisé", "communiqué", "disponible", "especificado", "especificada", "informado",
    "informação", "información", "specificato", "specificata", "noto", "nota", "bekend", "d", "s", "p",
}  # fmt: skip
"""Words that may stand beside those of the two sets above."""
_ABBREVIATED = {
    "", "-", "--", "---", "\N{EN DASH}", "\N{EM DASH}", "?", "??", "???", ".", "...", "na", "no", "nd", "n.d.", "n.a.",
    "n/a", "n/d", "n.s.", "n.k.", "k.a.", "k. a.", "n.n.", "s/d", "#n/a", "n.c.", "n.r.",
}  # fmt: skip
"""Signs and short forms of "not known" as written."""


def means_unknown(words: str) -> bool:
    """Whether words state that something is not known; of places ``NA`` and ``NO`` are codes, which come first.

    >>> [means_unknown(words) for words in ("N/A", "NotSpecified", "location unknown", "no data", "Norway")]
    [True, True, True, True, False]
    """
    if words.strip().casefold() in _ABBREVIATED or names.fold(words) in _UNKNOWN:
        return True
    parts = [part.casefold() for part in re.findall(r"[^\W\d_]+", re.sub(r"(?<=[a-z])(?=[A-Z])", " ", words))]
    states = any(part in _UNKNOWN or part in _NOT for part in parts)
    return states and len(parts) > 1 and all(part in _UNKNOWN or part in _NOT or part in _OF_UNKNOWN for part in parts)
