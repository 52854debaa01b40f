"""The tables on training as computation: published runs of models, and our defaults of how well hardware is used."""

from collections.abc import Iterator
from typing import Annotated, ClassVar

from greentrain.catalogue.schema_cells import Bounds, Positive, RowSchema, Slug, Verified, one_of

Precision = Annotated[str, one_of("bf16", "fp8", "fp32")]
DefaultBasis = Annotated[str, one_of("default", "assumed")]
_MFU = Bounds("1", above=0, most=1)


class ModelRunRow(RowSchema):
    """A row of model_runs.csv; parameters and tokens as plain numbers, hours summed over the accelerators."""

    model: str
    organisation: str
    params: Positive
    active_params: Positive | None = None
    tokens: Positive
    hardware: Slug
    accelerator_hours: Positive
    precision: Precision
    source: str
    verified: Verified = "yes"
    notes: str = ""

    KEY: ClassVar = ("model",)

    def rules(self) -> Iterator[tuple[str, str]]:
        """Check that no more parameters are active than there are."""
        yield from super().rules()
        if self.active_params is not None and self.active_params > self.params:
            yield "active_params", f"{self.active_params:.10g} is above params, {self.params:.10g}"


class ComputeDefaultRow(RowSchema):
    """A row of compute_defaults.csv."""

    precision: Precision
    parameter: Annotated[str, one_of("mfu")]
    low: Positive | None = None
    best: Positive
    high: Positive | None = None
    unit: Annotated[str, one_of("1")]
    basis: DefaultBasis = "default"
    source: str
    verified: Verified = "yes"
    notes: str = ""

    KEY: ClassVar = ("precision", "parameter")
    TRIPLES: ClassVar = (("low", "best", "high"),)

    def rules(self) -> Iterator[tuple[str, str]]:
        """Check the range and that it is a share."""
        yield from super().rules()
        for column in ("low", "best", "high"):
            value = getattr(self, column)
            if value is not None and (fault := _MFU.fault(value)):
                yield column, fault
