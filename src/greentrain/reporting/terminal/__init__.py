"""What the terminal shows: results, lists and entries as text of 80 columns."""
