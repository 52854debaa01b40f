"""Entry of the meter process: ``python -m greentrain.meter JSON``."""

import sys

from greentrain.meter.loop import main

main(sys.argv[1])
