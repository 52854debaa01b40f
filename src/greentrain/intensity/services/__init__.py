"""One module per service, each with a ``SERVICE``."""
