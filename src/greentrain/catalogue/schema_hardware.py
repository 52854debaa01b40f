"""The tables of hardware profiles: one model per file, columns as in the file's header."""

from collections.abc import Iterator, Mapping
from typing import Annotated, ClassVar

from greentrain.catalogue.schema_cells import (
    SHARE,
    Bounds,
    Count,
    CountOrNone,
    Gigabytes,
    Kilograms,
    NameplateWatts,
    Number,
    Positive,
    RowSchema,
    Share,
    Slug,
    Token,
    Verified,
    Watts,
    Year,
    one_of,
)

WORKLOADS = ("pretraining", "finetuning", "inference-like", "small")
DEVICE_CLASSES = ("sxm-node", "pcie-server", "workstation", "tpu", "superchip", "soc", "system", "chip")
_HIGHEST_OVER_TDP = 1.1
"""Mean training power over TDP that a device can hold. [1]"""
_PER_DEVICE_SCOPES = ("device", "provisioned")

DeviceClass = Annotated[str, one_of(*DEVICE_CLASSES)]
NodeClass = Annotated[str, one_of(*DEVICE_CLASSES, "cpu")]
DefaultClass = Annotated[str, one_of(*DEVICE_CLASSES, "cpu", "any")]
TdpBasis = Annotated[str, one_of("board", "module", "chip", "system", "soc", "cpu_only", "analyst_estimate", "derived")]
IdleBasis = Annotated[str, one_of("measured", "modelled", "assumed")]
TrainingScope = Annotated[str, one_of("device", "system", "provisioned")]
EmbodiedScope = Annotated[str, one_of("board_cradle_to_gate", "with_host_share", "parametric", "assumption")]
DefaultBasis = Annotated[str, one_of("default", "assumed")]
Workload = Annotated[str, one_of(*WORKLOADS)]
WorkloadOrAny = Annotated[str, one_of("", *WORKLOADS)]
Level = Annotated[str, one_of("accelerator", "node")]
Segment = Annotated[str, one_of("server", "desktop", "workstation")]


class AcceleratorRow(RowSchema):
    """A row of accelerators.csv."""

    id: Slug
    name: str
    vendor: str = ""
    family: str = ""
    hardware_class: DeviceClass
    form_factor: str = ""
    aliases: str = ""
    release_year: Year | None = None
    devices_per_board: Count = 1
    tdp_low_w: Watts | None = None
    tdp_w: Watts | None = None
    tdp_high_w: Watts | None = None
    tdp_basis: TdpBasis | None = None
    idle_w: Watts | None = None
    idle_basis: IdleBasis | None = None
    idle_source: str = ""
    training_low_w: Watts | None = None
    training_w: Watts | None = None
    training_high_w: Watts | None = None
    training_scope: TrainingScope | None = None
    training_source: str = ""
    memory_gb: Gigabytes | None = None
    memory_type: str = ""
    peak_fp32_tflops: Positive | None = None
    peak_bf16_tflops: Positive | None = None
    peak_fp8_tflops: Positive | None = None
    die_area_mm2: Positive | None = None
    process_nm: Positive | None = None
    embodied_low_kg: Kilograms | None = None
    embodied_kg: Kilograms | None = None
    embodied_high_kg: Kilograms | None = None
    embodied_scope: EmbodiedScope | None = None
    embodied_source: str = ""
    source: str
    verified: Verified = "yes"
    notes: str = ""

    COLUMNS: ClassVar = ("tdp_w",)
    TRIPLES: ClassVar = (
        ("tdp_low_w", "tdp_w", "tdp_high_w"),
        ("training_low_w", "training_w", "training_high_w"),
        ("embodied_low_kg", "embodied_kg", "embodied_high_kg"),
    )

    def rules(self) -> Iterator[tuple[str, str]]:
        """Check the ranges, the order of idle, training and rated power, and the labels of each figure."""
        yield from super().rules()
        yield from self._powers()
        yield from self.together("idle_w", "idle_source")
        yield from self.together("training_w", "training_scope", "training_source")
        yield from self.together("embodied_kg", "embodied_scope", "embodied_source")

    def _powers(self) -> Iterator[tuple[str, str]]:
        idle, training, rated = self.idle_w, self.training_w, self.tdp_w
        if idle is not None and rated is not None and idle > rated:
            yield "idle_w", f"{idle:.10g} is above tdp_w, {rated:.10g}"
        if training is None or self.training_scope not in _PER_DEVICE_SCOPES:
            return
        if idle is not None and idle > training:
            yield "idle_w", f"{idle:.10g} is above training_w, {training:.10g}"
        if rated is not None and training > _HIGHEST_OVER_TDP * rated:
            yield "training_w", f"{training:.10g} is above {_HIGHEST_OVER_TDP} x tdp_w, {rated:.10g}"


class FamilyRow(RowSchema):
    """A row of families.csv."""

    name: str
    aliases: str = ""
    usual: str = ""
    members: str
    note: str = ""

    KEY: ClassVar = ("name",)


class CpuRow(RowSchema):
    """A row of cpus.csv."""

    id: Slug
    name: str
    vendor: str = ""
    segment: Segment = "server"
    aliases: str = ""
    tdp_low_w: Watts | None = None
    tdp_w: Watts | None = None
    tdp_high_w: Watts | None = None
    cores: Count | None = None
    source: str
    verified: Verified = "yes"
    notes: str = ""

    COLUMNS: ClassVar = ("tdp_w", "cores")
    TRIPLES: ClassVar = (("tdp_low_w", "tdp_w", "tdp_high_w"),)


class MemoryRow(RowSchema):
    """A row of memory.csv: power per capacity of a machine with so much memory."""

    id: Slug
    memory_gb: Gigabytes
    low_w_per_gb: Positive | None = None
    w_per_gb: Positive
    high_w_per_gb: Positive | None = None
    source: str
    verified: Verified = "yes"
    notes: str = ""

    TRIPLES: ClassVar = (("low_w_per_gb", "w_per_gb", "high_w_per_gb"),)


class NodeRow(RowSchema):
    """A row of nodes.csv."""

    id: Slug
    name: str
    hardware_class: NodeClass
    accelerator: str = ""
    accelerators_per_node: CountOrNone | None = None
    nameplate_w: NameplateWatts | None = None
    embodied_low_kg: Kilograms | None = None
    embodied_kg: Kilograms | None = None
    embodied_high_kg: Kilograms | None = None
    lifetime_years: Positive | None = None
    source: str
    verified: Verified = "yes"
    notes: str = ""

    TRIPLES: ClassVar = (("embodied_low_kg", "embodied_kg", "embodied_high_kg"),)


class _DefaultRow(RowSchema):
    """A parameter of one of our models for a class of hardware."""

    hardware_class: DefaultClass
    parameter: str
    low: Number | None = None
    best: Number
    high: Number | None = None
    unit: str
    basis: DefaultBasis = "default"
    source: str
    verified: Verified = "yes"
    notes: str = ""

    KEY: ClassVar[tuple[str, ...]] = ("hardware_class", "parameter")
    TRIPLES: ClassVar = (("low", "best", "high"),)
    PARAMETERS: ClassVar[Mapping[str, Bounds]] = {}

    def rules(self) -> Iterator[tuple[str, str]]:
        """Check the range, and that the parameter exists, is in its unit and within its bounds."""
        yield from super().rules()
        bounds = self.PARAMETERS.get(self.parameter)
        if bounds is None:
            yield "parameter", f"{self.parameter!r} is not one of {', '.join(self.PARAMETERS)}"
            return
        if self.unit != bounds.unit:
            yield "unit", f"{self.unit!r} is not the unit of {self.parameter}, {bounds.unit}"
        for column in ("low", "best", "high"):
            value = getattr(self, column)
            if value is not None and (fault := bounds.fault(value)):
                yield column, fault


class PowerDefaultRow(_DefaultRow):
    """A row of power_defaults.csv; a blank workload holds for any."""

    workload: WorkloadOrAny = ""

    KEY: ClassVar[tuple[str, ...]] = ("hardware_class", "workload", "parameter")
    PARAMETERS: ClassVar = {
        "utilization": Bounds("1", above=0, most=1.2),
        "host_factor": Bounds("1", least=1, most=5),
        "load": SHARE._replace(unit="1"),
        "gpu_job_load": SHARE._replace(unit="1"),
        "idle_fraction": SHARE._replace(unit="1"),
        "tdp_per_core_server_w": Bounds("W", above=0, most=100),
        "tdp_per_core_desktop_w": Bounds("W", above=0, most=100),
        "memory_gb_per_core": Bounds("GB", above=0),
        "board_w": Bounds("W", above=0, most=1000),
    }


class PowerEvidenceRow(RowSchema):
    """A row of power_evidence.csv: mean power of a measured run over TDP."""

    id: Slug
    laboratory: str
    hardware_class: DeviceClass
    accelerator: str
    level: Level
    ratio: Positive
    workload: Workload
    source: str
    verified: Verified = "yes"
    notes: str = ""


class EmbodiedDefaultRow(_DefaultRow):
    """A row of embodied_defaults.csv."""

    PARAMETERS: ClassVar = {
        "device_kg": Bounds("kg", least=0),
        "node_share_kg": Bounds("kg", least=0),
        "server_kg": Bounds("kg", least=0),
        "server_cores": Bounds("1", least=1),
        "lifetime_hours": Bounds("h", above=0, most=438_300),
        "share_of_life_in_use": SHARE._replace(unit="1"),
    }


class InstanceRow(RowSchema):
    """A row of cloud_instances.csv."""

    provider: Slug
    instance: str
    accelerator: str
    accelerator_count: Count
    fraction_of_device: Share = 1.0
    vcpus: Positive | None = None
    memory_gb: Gigabytes | None = None
    host_cpu: str = ""
    source: str
    verified: Verified = "yes"
    notes: str = ""

    KEY: ClassVar = ("provider", "instance")


class SourceRow(RowSchema):
    """A row of sources.csv."""

    id: Token
    title: str
    url: str
    year: Year | None = None
    licence: str = ""
    verified: Verified = "yes"
    note: str = ""
