"""Prometheus: a text file for node_exporter, or a page of this computer to be scraped."""

import os
from collections.abc import Iterator
from typing import Any

from greentrain.errors import GreentrainError, install_hint
from greentrain.tracking.sinks.values import RunFacts, SinkReading
from greentrain.units import WATT_SECONDS_PER_KWH

_LOOPBACK = "127.0.0.1"
_G_PER_KG = 1000.0


class PrometheusSink:
    """Writes to the file that is the target, or serves at the port that it is."""

    def __init__(self, target: str, facts: RunFacts) -> None:
        try:
            from prometheus_client import CollectorRegistry, start_http_server
        except ImportError:
            raise GreentrainError(f"needs prometheus_client: {install_hint('prometheus')}") from None
        self._collector = _Collector(facts)
        self._registry = CollectorRegistry()
        self._registry.register(self._collector)
        host, _, port = target.rpartition(":")
        self._path: str | None = None
        self._server: Any = None
        if port.isdecimal() and os.sep not in host:
            self._server = start_http_server(int(port), addr=host or _LOOPBACK, registry=self._registry)
        else:
            self._path = os.path.abspath(target)

    def attach(self) -> None:
        """Prometheus needs no run."""

    def log(self, reading: SinkReading) -> None:
        """Keep the values for the next scrape, or write them."""
        self._collector.reading = reading
        if self._path is not None:
            from prometheus_client import write_to_textfile

            write_to_textfile(self._path, self._registry)

    def close(self) -> None:
        """End the page; a file stays, with the result in it."""
        if self._server is not None:
            server = self._server[0] if isinstance(self._server, tuple) else self._server
            server.shutdown()
            server.server_close()


class _Collector:
    """The newest values, in base units; counters only grow."""

    def __init__(self, facts: RunFacts) -> None:
        self._facts = facts
        self._grams = 0.0
        self.reading: SinkReading | None = None

    def collect(self) -> Iterator[Any]:
        """Yield the metrics of Prometheus."""
        from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily

        facts, reading = self._facts, self.reading
        info = GaugeMetricFamily("greentrain_run_info", "The run", labels=("run", "place", "version"))
        info.add_metric([facts.id or "", facts.location or "", facts.version], 1)
        yield info
        if reading is None:
            return
        energy = CounterMetricFamily("greentrain_energy_joules", "Energy before PUE", labels=("component",))
        power = GaugeMetricFamily("greentrain_power_watts", "Newest power", labels=("component",))
        for name, kwh in reading.component_kwh.items():
            energy.add_metric([name], kwh * WATT_SECONDS_PER_KWH)
        for name, watts in reading.component_w.items():
            power.add_metric([name], watts)
        yield from (energy, power)
        if reading.co2e_kg is not None:
            self._grams = max(self._grams, reading.co2e_kg.best * _G_PER_KG)
            yield CounterMetricFamily("greentrain_co2e_grams", "Location-based emissions", value=self._grams)
        if reading.g_per_kwh is not None:
            text = "Carbon intensity of the grid"
            yield GaugeMetricFamily("greentrain_grid_intensity_grams_per_kwh", text, value=reading.g_per_kwh)
