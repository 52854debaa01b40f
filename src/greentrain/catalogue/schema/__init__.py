"""The schema of the data files, ours and the user's: what a column holds, and the check of a user's folder."""
