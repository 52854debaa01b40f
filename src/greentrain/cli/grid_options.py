"""The options that name a series of carbon intensity, which several commands have."""

from __future__ import annotations

from greentrain.cli.options import Option

_GRID = "Carbon intensity by slot"
GRID_OPTIONS = (
    Option("grid_series", "FILE", "CSV timestamp,g_per_kwh in UTC, a row per slot; also kind and basis.", _GRID),
    Option("grid_service", "NAME", "Ask a service: gb, energy-charts, rte, aemo, openelectricity, eia, entsoe, "
           "electricity-maps or watttime.", _GRID),
    Option("grid_zone", "ZONE", "Zone by the service's own name. [the place's]", _GRID),
    Option("grid_url", "URL", "Another address of the service. [GREENTRAIN_GRID_URL, or its own]", _GRID),
    Option("grid_basis", "KIND", "What a file counts: direct, life-cycle or marginal.", _GRID),
    Option("grid_factor", "F", "Life-cycle over direct intensity, to convert; table takes the country's.", _GRID),
)  # fmt: skip
