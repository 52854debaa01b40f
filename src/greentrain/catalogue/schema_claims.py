"""The tables of public claims: what is said, with what it compares, and the scenarios by which it is checked."""

from collections.abc import Iterator
from typing import Annotated, ClassVar

from greentrain.catalogue.schema_cells import (
    Count,
    GramsPerKwh,
    Kilograms,
    OneToFive,
    Positive,
    RowSchema,
    Share,
    Slug,
    Verified,
    Watts,
    Year,
    one_of,
)

PUBLISHED, OWN = "published", "own"
KINDS = (PUBLISHED, "correction", "recalculated", OWN, "superseded", "misprint", "other-job")
_NOT_OURS = ("power_w", "host_factor", "pue", "grid_g_per_kwh", "published_kwh", "published_kg")

Kind = Annotated[str, one_of(*KINDS)]
Role = Annotated[str, one_of("reference", "mistaken")]


class ClaimRow(RowSchema):
    """A row of claims.csv."""

    id: Slug
    title: str
    sentence: str
    job: str
    source: str
    verified: Verified = "yes"
    notes: str = ""


class ClaimReferenceRow(RowSchema):
    """A row of claim_references.csv: an activity that the claim compares with, or one it is mistaken for."""

    claim: Slug
    activity: Slug
    role: Role
    claimed_times: Positive | None = None
    others: str = ""
    source: str
    verified: Verified = "yes"
    notes: str = ""

    KEY: ClassVar = ("claim", "activity")


class ClaimScenarioRow(RowSchema):
    """A row of claim_scenarios.csv: inputs in the words of an estimate, blank ones our defaults, or printed figures."""

    claim: Slug
    id: Slug
    kind: Kind
    label: str
    gpu: str = ""
    count: Count | None = None
    hours: Positive | None = None
    power_w: Watts | None = None
    host_factor: OneToFive | None = None
    pue: OneToFive | None = None
    grid_g_per_kwh: GramsPerKwh | None = None
    location: str = ""
    year: Year | None = None
    published_kwh: Positive | None = None
    published_kg: Kilograms | None = None
    tolerance: Share | None = None
    source: str
    verified: Verified = "yes"
    notes: str = ""

    KEY: ClassVar = ("claim", "id")

    def rules(self) -> Iterator[tuple[str, str]]:
        """Check that a scenario can be reckoned or was printed, and that ours leaves everything to the defaults."""
        if self.gpu:
            yield from self.together("gpu", "count", "hours")
        elif self.published_kg is None:
            yield "published_kg", "must not be blank where gpu is"
        if self.gpu and (self.published_kg or self.published_kwh):
            yield from self.together("gpu", "tolerance")
        needed = {PUBLISHED: ("gpu", "published_kg"), OWN: ("gpu",)}.get(self.kind, ())
        missing = [name for name in needed if not getattr(self, name)]
        yield from ((name, f"must not be blank for a scenario of kind {self.kind}") for name in missing)
        filled = [name for name in _NOT_OURS if self.kind == OWN and getattr(self, name) is not None]
        yield from ((name, "must be blank for a scenario of kind own, which takes our defaults") for name in filled)
