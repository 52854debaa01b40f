"""The meter: a process of its own that measures a run, writes a journal, and detects the run's end."""
