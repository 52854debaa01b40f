"""Report data as named properties, for bills of materials and records that have no fields of their own for them."""

from greentrain.interval import Interval
from greentrain.reporting.escaping import one_line
from greentrain.reporting.form_units import plain_decimal
from greentrain.reporting.report_data import ReportData
from greentrain.reporting.scope_statements import (
    boundary_text,
    factor_sources,
    factor_text,
    grids,
    runs_text,
    unmetered_shares,
)

_DIGITS = 12


def properties_of(data: ReportData) -> dict[str, str]:
    """Return the properties of report data by name; each value is text, numbers without exponents.

    Parameters
    ----------
    data : ReportData
        Energies in kWh and emissions in kg CO2e, as the names say.
    """
    found = {
        "warning": " ".join(data.warnings),
        "basis": data.basis,
        "boundary": boundary_text(data),
        "runs": runs_text(data),
        **_end_properties("it_energy_kwh", data.it_energy_kwh),
        **_end_properties("facility_energy_kwh", data.facility_energy_kwh),
        **_end_properties("operational_kg", data.operational_kg),
        **(_end_properties("embodied_kg", data.embodied_kg) if data.embodied_kg else {}),
        **_pue_property(data),
        **_unmetered_property(data),
        **_grid_properties(data),
        "grid_intensity": factor_text(data),
        "grid_source": factor_sources(data),
        "version": data.versions.greentrain,
        "data_version": data.versions.data,
    }
    if data.versions.codecarbon:
        found["codecarbon_version"] = data.versions.codecarbon
    return {f"greentrain:{name}": one_line(value) for name, value in found.items() if value}


def _pue_property(data: ReportData) -> dict[str, str]:
    values = {line.pue for line in data.lines if line.pue is not None}
    return _end_properties("pue", values.pop()) if len(values) == 1 else {}


def _unmetered_property(data: ReportData) -> dict[str, str]:
    values = {item.value for item in unmetered_shares(data.lines)}
    return _end_properties("unmetered_share", values.pop()) if len(values) == 1 else {}


def _grid_properties(data: ReportData) -> dict[str, str]:
    values = {grid.g_per_kwh for _, grid in grids(data)}
    years = {grid.year for _, grid in grids(data)}
    found = _end_properties("grid_intensity_g_per_kwh", values.pop()) if len(values) == 1 else {}
    year = years.pop() if len(years) == 1 else None
    return found | ({"grid_year": str(year)} if year else {})


def _end_properties(name: str, value: Interval) -> dict[str, str]:
    ends = zip(("low", "best", "high"), value, strict=True)
    return {f"{name}_{end}": plain_decimal(float(f"{number:.{_DIGITS}g}")) for end, number in ends}
