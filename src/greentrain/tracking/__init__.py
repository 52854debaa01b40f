"""A live run: the tracker in the training process, the meter beside it, and the journal they write."""
