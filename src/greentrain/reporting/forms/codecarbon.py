"""Rows with the column names of codecarbon 3.3.2, so that what reads its emissions.csv reads them too."""

from datetime import UTC

from greentrain.csv_text import rows_csv
from greentrain.errors import InputError
from greentrain.reporting.form_units import form_unit, plain_decimal
from greentrain.reporting.place_names import country_of
from greentrain.reporting.report_data import ReportData, RunLine
from greentrain.reporting.scope_statements import known_lines, refuse_nothing

FORM = "codecarbon"
COLUMNS = (
    "timestamp", "project_name", "run_id", "experiment_id", "duration", "emissions", "emissions_rate", "cpu_power",
    "gpu_power", "ram_power", "cpu_energy", "gpu_energy", "ram_energy", "energy_consumed", "water_consumed",
    "country_name", "country_iso_code", "region", "cloud_provider", "cloud_region", "os", "python_version",
    "codecarbon_version", "cpu_count", "cpu_model", "gpu_count", "gpu_model", "longitude", "latitude",
    "ram_total_size", "tracking_mode", "cpu_utilization_percent", "gpu_utilization_percent",
    "ram_utilization_percent", "ram_used_gb", "on_cloud", "pue", "wue",
)  # fmt: skip


def render(data: ReportData) -> str:
    """Write one row per run whose energy is known; what is not known stays blank.

    Energies and powers hold the PUE, as in codecarbon's own rows. A measured run has its components, ``cpu_energy``
    with what no sensor reads. Of one that is estimated ``cpu_energy`` is that of the whole host, memory and fans
    included, where only one run is reported.
    """
    refuse_nothing(data, FORM)
    return rows_csv(COLUMNS, (_row(data, line) for line in known_lines(data)))


def _row(data: ReportData, line: RunLine) -> dict[str, str]:
    return {**_names(data, line), **_amounts(line), **_parts(data, line), **_place(line)}


def _names(data: ReportData, line: RunLine) -> dict[str, str]:
    """Return time, names and hardware; a time without zone, as codecarbon writes it, here in UTC."""
    ended = line.ended.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S") if line.ended else ""
    return {
        "timestamp": ended,
        "project_name": line.project or data.title,
        "run_id": line.id,
        "codecarbon_version": data.versions.codecarbon or "",
        "gpu_count": str(line.count) if line.count else "",
        "gpu_model": line.hardware if line.count else "",
        "cpu_model": "" if line.count else line.hardware,
        "tracking_mode": "machine",
        "pue": plain_decimal(line.pue.best) if line.pue else "",
    }


def _amounts(line: RunLine) -> dict[str, str]:
    if line.facility_energy_kwh is None:
        raise InputError("result", None, "holds a run of unknown energy")
    kg = line.operational_kg.best if line.operational_kg else None
    found = {
        "duration": _number("duration", line.hours),
        "emissions": _number("emissions", kg),
        "energy_consumed": _number("energy", line.facility_energy_kwh.best),
        "water_consumed": _number("water", line.water_l.best if line.water_l else None),
    }
    if kg is not None and line.hours:
        found["emissions_rate"] = _number("emissions_rate", kg / line.hours)
    return found


def _parts(data: ReportData, line: RunLine) -> dict[str, str]:
    """Part the energy into components as measured, else into accelerators and host, where that is known of this run."""
    energies = _components(data, line)
    if line.pue is None:
        return {}
    found = {f"{name}_energy": _number("energy", kwh * line.pue.best) for name, kwh in energies.items()}
    if line.hours:
        found |= {f"{name}_power": _number("power", kwh * line.pue.best / line.hours) for name, kwh in energies.items()}
    return found


def _components(data: ReportData, line: RunLine) -> dict[str, float]:
    """Return energies before PUE by codecarbon's own names. [kWh]"""
    if line.measured is not None:
        parts, whole = line.measured, line.it_energy_kwh
        unread_kwh = max(0.0, whole.best - parts.total_kwh) if whole else 0.0
        cpu_kwh = None if parts.cpu_kwh is None else parts.cpu_kwh + unread_kwh
        named = {"gpu": parts.gpu_kwh, "cpu": cpu_kwh, "ram": parts.memory_kwh}
        return {name: kwh for name, kwh in named.items() if kwh is not None}
    shares = {part.component: part.energy_kwh for part in line.footprint.breakdown}
    return {"gpu": shares["accelerators"], "cpu": shares["host"]} if shares else {}


def _place(line: RunLine) -> dict[str, str]:
    place = country_of(line.location)
    if place is None:
        return {}
    return {
        "country_name": place.name,
        "country_iso_code": place.iso3,
        "region": place.part.casefold(),
        "cloud_provider": place.provider,
        "cloud_region": place.region,
        "on_cloud": "Y" if place.provider else "N",
    }


def _number(quantity: str, value: float | None) -> str:
    return "" if value is None else form_unit(FORM, quantity).decimal(value)
