"""What a form has no field for, as names and values: intervals, intensity, PUE, boundary and versions."""

from greentrain.interval import Interval
from greentrain.reporting import scope_statements
from greentrain.reporting.escaping import one_line
from greentrain.reporting.form_units import plain_decimal
from greentrain.reporting.subject import Subject

_DIGITS = 12


def properties_of(subject: Subject) -> dict[str, str]:
    """Give the properties of a subject by name; each value is text, numbers without exponents.

    Parameters
    ----------
    subject : Subject
        Energies in kWh and emissions in kg CO2e, as the names say.
    """
    found = {
        "basis": subject.basis,
        "boundary": scope_statements.boundary_words(subject),
        "runs": scope_statements.runs_words(subject),
        **_ends("it_energy_kwh", subject.it_energy_kwh),
        **_ends("facility_energy_kwh", subject.facility_energy_kwh),
        **_ends("operational_kg", subject.operational_kg),
        **(_ends("embodied_kg", subject.embodied_kg) if subject.embodied_kg else {}),
        **_pue(subject),
        **_grid(subject),
        "grid_intensity": scope_statements.factor_words(subject),
        "grid_source": scope_statements.factor_sources(subject),
        "version": subject.versions.greentrain,
        "data_version": subject.versions.data,
    }
    if subject.versions.codecarbon:
        found["codecarbon_version"] = subject.versions.codecarbon
    return {f"greentrain:{name}": one_line(value) for name, value in found.items() if value}


def _pue(subject: Subject) -> dict[str, str]:
    values = {line.pue for line in subject.lines if line.pue is not None}
    return _ends("pue", values.pop()) if len(values) == 1 else {}


def _grid(subject: Subject) -> dict[str, str]:
    values = {grid.g_per_kwh for _, grid in scope_statements.grids(subject)}
    years = {grid.year for _, grid in scope_statements.grids(subject)}
    found = _ends("grid_intensity_g_per_kwh", values.pop()) if len(values) == 1 else {}
    year = years.pop() if len(years) == 1 else None
    return found | ({"grid_year": str(year)} if year else {})


def _ends(name: str, value: Interval) -> dict[str, str]:
    ends = zip(("low", "best", "high"), value, strict=True)
    return {f"{name}_{end}": plain_decimal(float(f"{number:.{_DIGITS}g}")) for end, number in ends}
