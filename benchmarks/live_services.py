"""Ask the real services of carbon intensity for a day, and print what they answer.

Needs the network. Services that want a key are asked where its environment variable is set.
"""

import argparse
import os
import tempfile
import time

from greentrain import GreentrainError
from greentrain.intensity import KEY_VARIABLES, SERVICES, fetch_series, service_of, what_is_sent

PLACES = {
    "gb": "GB", "energy-charts": "DE", "rte": "FR", "aemo": "AU-NSW", "openelectricity": "AU-NSW", "eia": "US-CA",
    "entsoe": "DE", "electricity-maps": "DE", "watttime": "US-CA",
}  # fmt: skip
AHEAD = ("gb", "energy-charts", "aemo", "electricity-maps", "watttime")
"""Those with a forecast; the others are asked for the day before yesterday."""
DAY = 86400.0


def line(name: str, now: float) -> str:
    """Ask one service and sum up its answer."""
    variable = KEY_VARIABLES.get(name)
    if variable and not os.environ.get(variable):
        return f"{name:18} not asked: {variable} is not set"
    start = now if name in AHEAD else now - 2 * DAY
    print(what_is_sent(service_of(name), PLACES[name], start, start + DAY))
    with tempfile.TemporaryDirectory() as home:
        try:
            found = fetch_series(name, location=PLACES[name], start=start, end=start + DAY, home=home)
        except GreentrainError as error:
            return f"{name:18} {error}"
    shown = found.to_dict()
    return (
        f"{name:18} {shown['slots']} slots of {shown['slot_seconds']:.0f} s from {shown['from']} to {shown['to']}, "
        f"{shown['missing']} missing, {shown['forecast']:.0%} forecast, {shown['basis']}, mean {found.mean:.0f} g/kWh"
    )


def main() -> None:
    """Print a line per service."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("names", nargs="*", default=SERVICES)
    now = time.time()
    for name in options.parse_args().names:
        print(line(name, now))


if __name__ == "__main__":
    main()
