"""The document of a validation: records with their figures, in the unit in which they were published."""

from greentrain import validate
from greentrain.reporting import report_data_of
from greentrain.reporting.document import Table, validation_sections


def figures_of(tier: str) -> dict[str, tuple[str, str]]:
    """Return what was published and what is estimated of each record of a tier."""
    sections = {section.id: section for section in validation_sections(report_data_of(validate(tier=tier)))}
    (records,) = sections["records"].blocks
    assert isinstance(records, Table)
    return {row[0].text: (row[2].text, row[3].text) for row in records.rows}


def test_published_and_estimated_figures_have_a_unit_each() -> None:
    """The published one as it is in the record, ours the same; a record that cannot be compared has none."""
    rows = figures_of("T3")
    assert rows["tucano-1b1"][0] == "1,380 kWh"
    assert rows["tucano-1b1"][1].endswith(") kWh")
    assert rows["patterson2021-t5-11b"] == ("85.7 MWh", "77.9 (66.3 to 89.5) MWh")
    assert rows["cc-damgomz-cpu"] == ("-", "-")


def test_emissions_too() -> None:
    """In kilograms or tonnes, as they were published."""
    rows = figures_of("T1")
    assert rows["bigscience-1b"] == ("9,060 kg", "9,060 kg")
    assert rows["olmo2-7b-report"] == ("52.0 t", "52.2 t")
