"""Something that cannot be tracked: ``refused.py EXPRESSION`` of arguments, or ``class``. The training never starts."""

import sys

from greentrain import track

print("before")
if sys.argv[1] == "class":

    @track("trainer")
    class Trainer:
        """A class."""

else:

    @track(**eval(sys.argv[1]))
    def train() -> None:
        """Train."""

    print("data loaded")
    train()
    print("training started")
