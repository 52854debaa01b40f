"""Facilities: PUE, on-site water, and the water behind a kilowatt-hour."""

from __future__ import annotations

from greentrain.catalogue.records import WORLD, Figure
from greentrain.catalogue.table_files import triple
from greentrain.interval import Interval
from greentrain.light_typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from greentrain.catalogue.records import CloudRegion, Place
    from greentrain.catalogue.table_files import Row
    from greentrain.catalogue.tables import Tables

WORKSTATION = "workstation"
OWN_COMPUTER = "own_computer"
"""A computer that is no data centre's by its class, not because the user states it."""


class Facilities:
    """Published operating figures of data centres.

    Parameters
    ----------
    tables : Tables
        Where the rows come from.
    """

    def __init__(self, tables: Tables) -> None:
        self._tables = tables

    @property
    def _rows(self) -> Mapping[tuple[str, str, str], list[Row]]:
        """Operating figures by metric, provider and region, oldest first."""
        return self._tables.lookup("facilities")

    @property
    def _water(self) -> Mapping[str, Row]:
        return self._tables.lookup("water")

    def figure(self, metric: str, provider: str, region: str, year: int | None) -> Figure | None:
        """Return a facility's figure of a year: that year's, else the nearest earlier one, else the first.

        Parameters
        ----------
        metric : {'pue', 'wue'}
            Power [1] or water [L/kWh] usage effectiveness.
        provider : str
            A provider, ``industry`` or ``workstation``.
        region : str
            A region of the provider, or nothing for the fleet.
        year : int or None
            None takes the latest, with the widest interval of all years: giving the year may only narrow it.
        """
        rows = self._rows.get((metric, provider, region))
        if not rows:
            return None
        if year is None:
            return _widest(Figure.from_row(rows[-1]), rows, least=1.0 if metric == "pue" else 0.0)
        upto = [row for row in rows if int(row["year"]) <= year]
        return Figure.from_row(upto[-1] if upto else rows[0])

    def best_known(self, metric: str, provider: str, region: CloudRegion | None, year: int | None) -> Figure:
        """Return the most specific figure there is: the region's, the provider's, else the industry's as a default.

        Parameters
        ----------
        metric : {'pue', 'wue'}
            Power [1] or water [L/kWh] usage effectiveness.
        provider : str
            A provider, ``workstation``, or nothing.
        region : CloudRegion or None
            The provider's region, if it is known.
        year : int or None
            None takes the latest.
        """
        own = region and provider == region.provider and self.figure(metric, provider, region.region, year)
        published = own or self.figure(metric, provider, "", year)
        if published and provider not in (WORKSTATION, OWN_COMPUTER):
            return published
        found = published or self.figure(metric, "industry", "", year)
        assert found is not None, metric
        return found._replace(basis="default")

    def water_intensity(self, place: Place) -> Figure:
        """Return the water consumed per electricity generated, of the place, its country or the world. [L/kWh]"""
        known = self._water.get(place.place) or self._water.get(place.country)
        if known:
            return Figure.from_row(known)
        return Figure.from_row(self._water[WORLD])._replace(basis="default")


def _widest(latest: Figure, rows: list[Row], least: float) -> Figure:
    """Return a figure with the widest relative interval of its series; none lies below ``least``."""
    spans = [span for row in rows if (span := triple(row, "low", "best", "high")) and span.best]
    low, best, high = latest.value
    if len(spans) < len(rows) or len(spans) == 1:  # a series with zeros has no relative interval
        return latest
    down, up = min(span.low / span.best for span in spans), max(span.high / span.best for span in spans)
    return latest._replace(value=Interval(min(low, max(least, best * down)), best, max(high, best * up)))
