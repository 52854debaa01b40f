"""What a form has no field for, as names and values: intervals, intensity, PUE, boundary and versions."""

from greentrain.interval import Interval
from greentrain.reporting import scope_statements
from greentrain.reporting.escaping import one_line
from greentrain.reporting.form_units import plain_decimal
from greentrain.reporting.report_data import ReportData

_DIGITS = 12


def properties_of(data: ReportData) -> dict[str, str]:
    """Give the properties of report data by name; each value is text, numbers without exponents.

    Parameters
    ----------
    data : ReportData
        Energies in kWh and emissions in kg CO2e, as the names say.
    """
    found = {
        "basis": data.basis,
        "boundary": scope_statements.boundary_words(data),
        "runs": scope_statements.runs_words(data),
        **_ends("it_energy_kwh", data.it_energy_kwh),
        **_ends("facility_energy_kwh", data.facility_energy_kwh),
        **_ends("operational_kg", data.operational_kg),
        **(_ends("embodied_kg", data.embodied_kg) if data.embodied_kg else {}),
        **_pue(data),
        **_grid(data),
        "grid_intensity": scope_statements.factor_words(data),
        "grid_source": scope_statements.factor_sources(data),
        "version": data.versions.greentrain,
        "data_version": data.versions.data,
    }
    if data.versions.codecarbon:
        found["codecarbon_version"] = data.versions.codecarbon
    return {f"greentrain:{name}": one_line(value) for name, value in found.items() if value}


def _pue(data: ReportData) -> dict[str, str]:
    values = {line.pue for line in data.lines if line.pue is not None}
    return _ends("pue", values.pop()) if len(values) == 1 else {}


def _grid(data: ReportData) -> dict[str, str]:
    values = {grid.g_per_kwh for _, grid in scope_statements.grids(data)}
    years = {grid.year for _, grid in scope_statements.grids(data)}
    found = _ends("grid_intensity_g_per_kwh", values.pop()) if len(values) == 1 else {}
    year = years.pop() if len(years) == 1 else None
    return found | ({"grid_year": str(year)} if year else {})


def _ends(name: str, value: Interval) -> dict[str, str]:
    ends = zip(("low", "best", "high"), value, strict=True)
    return {f"{name}_{end}": plain_decimal(float(f"{number:.{_DIGITS}g}")) for end, number in ends}
