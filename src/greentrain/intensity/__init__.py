"""Carbon intensity hour by hour: from a file, or from a service that the user names. Nothing here is used unasked.

The names are loaded on first use.
"""

# Type checkers take this name as true.
TYPE_CHECKING = False
if TYPE_CHECKING:
    from greentrain.intensity.access import Client
    from greentrain.intensity.fetch import KEY_VARIABLES, SERVICES, fetch_series, service_of, what_is_sent
    from greentrain.intensity.file import read_series
    from greentrain.intensity.series import BASES, KINDS, Series, Slot, Timeline, converted, utc_text
else:
    from greentrain._lazy import lazy_names

    __getattr__, __dir__ = lazy_names(
        globals(),
        {
            "intensity.access": "Client",
            "intensity.fetch": "KEY_VARIABLES SERVICES fetch_series service_of what_is_sent",
            "intensity.file": "read_series",
            "intensity.series": "BASES KINDS Series Slot Timeline converted utc_text",
        },
    )

__all__ = [
    "BASES", "KEY_VARIABLES", "KINDS", "SERVICES", "Client", "Series", "Slot", "Timeline", "converted", "fetch_series",
    "read_series", "service_of", "utc_text", "what_is_sent",
]  # fmt: skip
