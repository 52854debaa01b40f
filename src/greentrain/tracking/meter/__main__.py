"""Entry of the meter process: ``python -m greentrain.tracking.meter JSON``."""

import sys

from greentrain.tracking.meter.process import main

main(sys.argv[1])
