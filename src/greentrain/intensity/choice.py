"""The series that the user asked for: of a file or a service, converted only by a factor that is stated."""

import os

from greentrain.catalogue import Catalogue
from greentrain.errors import Contradiction, InputError, InvalidNumber
from greentrain.intensity.series import DIRECT, LIFE_CYCLE, NOT_STATED, Series, converted
from greentrain.interval import exact, reciprocal

BY_TABLE = "table"
_LEAST_FACTOR = 0.1
GRID_NAMES = ("grid_series", "grid_service", "grid_zone", "grid_url", "grid_basis", "grid_factor")
"""The keywords that choose a series, as commands and functions have them."""


class SeriesChoice:
    """What the user said of the series; nothing is read or asked for before `find`.

    Parameters
    ----------
    catalogue : Catalogue
        Where places and the ratios of bases are.
    location : str or None
        The place of the run.
    home : path, optional
        Data folder, with what was asked for before.
    grid_series : path or Series, optional
        A file, or a series that is there.
    grid_service, grid_zone, grid_url : str, optional
        A service, its own name of the zone, and its address where that is another.
    grid_basis : {'direct', 'life-cycle', 'marginal'}, optional
        What a file's values count.
    grid_factor : float or str, optional
        Multiplies direct values to make them life-cycle ones; ``table`` takes the country's published ratio.

    Raises
    ------
    Contradiction
        If a file and a service are named, or something about one that is not.
    """

    def __init__(
        self,
        catalogue: Catalogue,
        location: str | None,
        *,
        home: str | None = None,
        grid_series: "str | os.PathLike[str] | Series | None" = None,
        grid_service: str | None = None,
        grid_zone: str | None = None,
        grid_url: str | None = None,
        grid_basis: str | None = None,
        grid_factor: float | str | None = None,
    ) -> None:
        if grid_series is not None and grid_service is not None:
            raise Contradiction("grid_service", grid_service, "and {grid_series} both name the series; give one")
        for name, value, other in (
            ("grid_zone", grid_zone, "grid_service"), ("grid_url", grid_url, "grid_service"),
            ("grid_basis", grid_basis, "grid_series"),
        ):  # fmt: skip
            if value is not None and (grid_service if other == "grid_service" else grid_series) is None:
                raise Contradiction(name, value, f"counts only with {{{other}}}")
        if grid_factor is not None and grid_series is None and grid_service is None:
            raise Contradiction("grid_factor", grid_factor, "counts only with {grid_series} or {grid_service}")
        self._catalogue, self._location, self._home = catalogue, location, home
        self._series, self.service, self._zone = grid_series, grid_service, grid_zone
        self._url, self._basis, self._factor = grid_url, grid_basis, grid_factor

    @property
    def is_named(self) -> bool:
        """Whether there is a series at all."""
        return self._series is not None or self.service is not None

    def announcement(self, start: float, end: float) -> str | None:
        """Say what a service is told; None where nothing leaves this computer."""
        if self.service is None:
            return None
        from greentrain.intensity.fetch import service_of, what_is_sent, zone_of

        service = service_of(self.service)
        _, zone = zone_of(service, self._catalogue, self._location, self._zone)
        return what_is_sent(service, zone, start, end, self._url)

    def find(self, start: float, end: float) -> Series:
        """Read the file or ask the service.

        Parameters
        ----------
        start, end : float
            For which time a service is asked; a file is taken whole. [s]
        """
        if isinstance(self._series, Series):
            return self._on_basis(self._series)
        if self._series is not None:
            from greentrain.intensity.file import read_series

            return self._on_basis(read_series(self._series, basis=self._basis, zone=self._location or ""))
        from greentrain.intensity.fetch import fetch_series

        assert self.service is not None
        found = fetch_series(
            self.service, location=self._location, zone=self._zone, start=start, end=end, base_url=self._url,
            home=self._home,
        )  # fmt: skip
        return self._on_basis(found)

    def _on_basis(self, series: Series) -> Series:
        if self._factor is None:
            return series
        if series.basis == NOT_STATED:
            raise Contradiction("grid_factor", self._factor, "needs {grid_basis}: what the file's values count")
        if series.basis == LIFE_CYCLE:
            raise Contradiction("grid_factor", self._factor, "has no effect: the series is life-cycle already")
        if self._factor != BY_TABLE:
            return converted(series, exact(_factor(self._factor)), LIFE_CYCLE, "stated by the user")
        if self._location is None or series.basis != DIRECT:
            raise InputError("grid_factor", self._factor, "needs {location}, whose ratio is in the table")
        place = self._catalogue.places.find(self._location).place
        ratio, source = self._catalogue.places.direct_over_life_cycle(place)
        return converted(series, reciprocal(ratio), LIFE_CYCLE, f"{source}, {place.country}")


def _factor(value: float | str) -> float:
    try:
        factor = float(value)
    except ValueError:
        factor = 0.0
    if not _LEAST_FACTOR <= factor <= 1 / _LEAST_FACTOR:
        rule = f"must be life-cycle over direct intensity, {_LEAST_FACTOR} to {1 / _LEAST_FACTOR:g}, or {BY_TABLE}"
        raise InvalidNumber("grid_factor", value, rule)
    return factor
