"""What is known of a device: an accelerator, a name for several of them, a CPU, a cloud instance type.

Plain frozen values; every number names its source ids (``;``-joined where several agree) and how far it is verified.
"""

from __future__ import annotations

from greentrain.catalogue.table_files import listed, number, triple
from greentrain.light_typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from greentrain.catalogue.table_files import Row
    from greentrain.interval import Interval


class Accelerator(NamedTuple):
    """A GPU, TPU or other AI chip, as one visible device.

    Attributes
    ----------
    tdp_w : Interval or None
        Thermal design power; conflicts between sources are its low and high. [W]
    training_w : Interval or None
        Measured mean power in training, of what ``training_scope`` says: device, system or provisioned. [W]
    idle_w : float or None
        Power draw without work. [W]
    embodied_kg : Interval or None
        Emissions of making it. [kg CO2e]
    devices_per_board : int
        Visible devices on one physical board; all numbers here are per visible device.
    """

    id: str
    name: str
    vendor: str
    family: str
    hardware_class: str
    form_factor: str
    aliases: tuple[str, ...]
    release_year: int | None
    devices_per_board: int
    tdp_w: Interval | None
    tdp_basis: str
    training_w: Interval | None
    training_scope: str
    training_source: str
    idle_w: float | None
    idle_source: str
    memory_gb: float | None
    peak_fp32_tflops: float | None
    peak_bf16_tflops: float | None
    peak_fp8_tflops: float | None
    embodied_kg: Interval | None
    embodied_scope: str
    embodied_source: str
    source: str
    verified: str
    notes: str

    @classmethod
    def from_row(cls, row: Row) -> Accelerator:
        """Read a row of accelerators.csv."""
        year = number(row, "release_year")
        return cls(
            id=row["id"],
            name=row["name"],
            vendor=row.get("vendor", ""),
            family=row.get("family", ""),
            hardware_class=row["hardware_class"],
            form_factor=row.get("form_factor", ""),
            aliases=listed(row, "aliases"),
            release_year=None if year is None else int(year),
            devices_per_board=int(number(row, "devices_per_board") or 1),
            tdp_w=triple(row, "tdp_low_w", "tdp_w", "tdp_high_w"),
            tdp_basis=row.get("tdp_basis", ""),
            training_w=triple(row, "training_low_w", "training_w", "training_high_w"),
            training_scope=row.get("training_scope", ""),
            training_source=row.get("training_source", ""),
            idle_w=number(row, "idle_w"),
            idle_source=row.get("idle_source", ""),
            memory_gb=number(row, "memory_gb"),
            peak_fp32_tflops=number(row, "peak_fp32_tflops"),
            peak_bf16_tflops=number(row, "peak_bf16_tflops"),
            peak_fp8_tflops=number(row, "peak_fp8_tflops"),
            embodied_kg=triple(row, "embodied_low_kg", "embodied_kg", "embodied_high_kg"),
            embodied_scope=row.get("embodied_scope", ""),
            embodied_source=row.get("embodied_source", ""),
            source=row["source"],
            verified=row.get("verified", "yes"),
            notes=row.get("notes", ""),
        )


class Family(NamedTuple):
    """A name that covers several accelerators; no ``usual`` one means that a guess would be wrong too often."""

    name: str
    usual: str
    members: tuple[str, ...]
    note: str

    @classmethod
    def from_row(cls, row: Row) -> Family:
        """Read a row of families.csv."""
        return cls(row["name"], row["usual"], listed(row, "members"), row.get("note", ""))


class Cpu(NamedTuple):
    """A CPU model; its TDP [W] and cores are None where no source states them."""

    id: str
    name: str
    vendor: str
    segment: str
    aliases: tuple[str, ...]
    tdp_w: Interval | None
    cores: int | None
    source: str
    verified: str
    notes: str

    @classmethod
    def from_row(cls, row: Row) -> Cpu:
        """Read a row of cpus.csv."""
        cores = number(row, "cores")
        return cls(
            id=row["id"],
            name=row["name"],
            vendor=row.get("vendor", ""),
            segment=row.get("segment", "server"),
            aliases=listed(row, "aliases"),
            tdp_w=triple(row, "tdp_low_w", "tdp_w", "tdp_high_w"),
            cores=None if cores is None else int(cores),
            source=row["source"],
            verified=row.get("verified", "yes"),
            notes=row.get("notes", ""),
        )


class Instance(NamedTuple):
    """A cloud instance type: which accelerators, how many visible devices, which part of each."""

    provider: str
    instance: str
    accelerator: str
    accelerator_count: int
    fraction_of_device: float
    vcpus: float | None
    memory_gb: float | None
    host_cpu: str
    source: str
    verified: str
    notes: str

    @classmethod
    def from_row(cls, row: Row) -> Instance:
        """Read a row of cloud_instances.csv."""
        return cls(
            provider=row["provider"],
            instance=row["instance"],
            accelerator=row["accelerator"],
            accelerator_count=int(float(row["accelerator_count"])),
            fraction_of_device=number(row, "fraction_of_device") or 1.0,
            vcpus=number(row, "vcpus"),
            memory_gb=number(row, "memory_gb"),
            host_cpu=row.get("host_cpu", ""),
            source=row["source"],
            verified=row.get("verified", "yes"),
            notes=row.get("notes", ""),
        )
