"""Model cards: the front matter and the section on environmental impact, brought up to date."""

# Type checkers take this name as true.
TYPE_CHECKING = False
if TYPE_CHECKING:
    from greentrain.reporting.model_card.front_matter import find_front_matter, with_mapping
    from greentrain.reporting.model_card.section import BEGIN, END, with_section
    from greentrain.reporting.model_card.update import updated_card
else:
    from greentrain._lazy import lazy_names

    __getattr__, __dir__ = lazy_names(
        globals(),
        {
            "reporting.model_card.front_matter": "find_front_matter with_mapping",
            "reporting.model_card.section": "BEGIN END with_section",
            "reporting.model_card.update": "updated_card",
        },
    )

__all__ = ["BEGIN", "END", "find_front_matter", "updated_card", "with_mapping", "with_section"]
