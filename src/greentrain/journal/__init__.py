"""The record of a run: its format, where it lies, how it is written and how it is read."""
