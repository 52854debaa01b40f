"""Reads the whole computer until it is ended: a line of JSON each half second, its moment and the energy since then."""

import json
import time

from greentrain.meter import MeterSettings, NativeMeter

START = time.monotonic()
METER = NativeMeter(MeterSettings("", "", 1, None, 1, START, 0.5, {}, "native"))
METER.start(START)
print(json.dumps([START, {}]), flush=True)
while True:
    time.sleep(0.5)
    reading = METER.read(0.5)
    print(json.dumps([reading.mono, reading.energy_kwh]), flush=True)
