"""The record of a run: its format, where it lies, how it is written and how it is read."""

# Type checkers take this name as true.
TYPE_CHECKING = False
if TYPE_CHECKING:
    from greentrain.journal.paths import host_name, journal_name_parts, safe_name
    from greentrain.journal.process_alive import process_started
    from greentrain.journal.reader import Journal, decode, last_record, read_journal, skim_journal
    from greentrain.journal.run_folders import make_run_folder
    from greentrain.journal.secret_words import without_secrets
    from greentrain.journal.writer import JournalWriter, encode, utc_text, writing_interval_seconds
else:
    from greentrain._lazy import lazy_names

    __getattr__, __dir__ = lazy_names(
        globals(),
        {
            "journal.paths": "host_name journal_name_parts safe_name",
            "journal.process_alive": "process_started",
            "journal.reader": "Journal decode last_record read_journal skim_journal",
            "journal.run_folders": "make_run_folder",
            "journal.secret_words": "without_secrets",
            "journal.writer": "JournalWriter encode utc_text writing_interval_seconds",
        },
    )

__all__ = [
    "Journal", "JournalWriter", "decode", "encode", "host_name", "journal_name_parts", "last_record",
    "make_run_folder", "process_started", "read_journal", "safe_name", "skim_journal", "utc_text",
    "without_secrets", "writing_interval_seconds",
]  # fmt: skip
