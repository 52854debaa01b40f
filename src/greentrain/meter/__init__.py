"""The meter: a process of its own beside the run, which measures, writes its journal, and sees the run's end."""
