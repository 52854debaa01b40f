"""A live run: the tracker in the training process, its meter, and the journal they write."""
