"""Published figures against ours: reference runs, their arithmetic and traps, and published methods.

The names are loaded on first use: comparing methods needs none of the records.
"""

# Type checkers take this name as true.
TYPE_CHECKING = False
if TYPE_CHECKING:
    from greentrain.validation.checks import is_in_sample, validate
    from greentrain.validation.claim_records import read_claims
    from greentrain.validation.claims import ClaimResult, ScenarioResult, check_claims, three_digits, two_digits
    from greentrain.validation.comparison import MethodComparison, compare_methods
    from greentrain.validation.names import RecordHardware, RecordPlace, find_hardware, find_place
    from greentrain.validation.our_estimate import decompose, described, estimated
    from greentrain.validation.recompute import agreements, half_unit, last_digit
    from greentrain.validation.reference import TIERS, Reference
    from greentrain.validation.references import classified, energy_boundary, infer_tiers, read_references
    from greentrain.validation.report import RecordResult, ValidationReport
    from greentrain.validation.traps import TRAPS, find_traps
else:
    from greentrain._lazy import lazy_names

    __getattr__, __dir__ = lazy_names(
        globals(),
        {
            "validation.checks": "is_in_sample validate",
            "validation.claim_records": "read_claims",
            "validation.claims": "ClaimResult ScenarioResult check_claims three_digits two_digits",
            "validation.comparison": "MethodComparison compare_methods",
            "validation.names": "RecordHardware RecordPlace find_hardware find_place",
            "validation.our_estimate": "decompose described estimated",
            "validation.recompute": "agreements half_unit last_digit",
            "validation.reference": "Reference TIERS",
            "validation.references": "classified energy_boundary infer_tiers read_references",
            "validation.report": "RecordResult ValidationReport",
            "validation.traps": "TRAPS find_traps",
        },
    )

__all__ = [
    "TIERS", "TRAPS", "ClaimResult", "MethodComparison", "RecordHardware",
    "RecordPlace", "RecordResult", "Reference", "ScenarioResult", "ValidationReport", "agreements",
    "check_claims", "classified", "compare_methods", "decompose", "described", "energy_boundary", "estimated",
    "find_hardware", "find_place", "find_traps", "half_unit", "infer_tiers", "is_in_sample", "last_digit",
    "read_claims", "read_references", "three_digits", "two_digits", "validate",
]  # fmt: skip
