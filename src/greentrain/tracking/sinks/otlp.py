"""OpenTelemetry: energy and power of the computer and the emissions of the run, sent by OTLP over HTTP."""

import logging
from collections.abc import Iterable
from typing import Any

from greentrain.errors import GreentrainError, install_hint
from greentrain.tracking.sinks.values import RunFacts, SinkReading
from greentrain.units import WATT_SECONDS_PER_KWH

_TIMEOUT_MILLISECONDS = 3000
_PATH = "/v1/metrics"


class OtlpSink:
    """Sends to the target, or to where ``OTEL_EXPORTER_OTLP_ENDPOINT`` says, by names of the semantic conventions.

    The whole computer is one, ``hw.host.energy`` and ``hw.host.power``: beside its components it would count twice.
    """

    def __init__(self, target: str, facts: RunFacts) -> None:
        try:
            from opentelemetry.exporter.otlp.proto.http.metric_exporter import OTLPMetricExporter
            from opentelemetry.sdk.metrics import MeterProvider
            from opentelemetry.sdk.metrics.export import InMemoryMetricReader
            from opentelemetry.sdk.resources import Resource
        except ImportError:
            raise GreentrainError(f"needs opentelemetry-sdk and its HTTP exporter: {install_hint('otlp')}") from None
        # Its troubles are told once, as those of every sink: not by a handler of last resort, at each attempt.
        logging.getLogger("opentelemetry").addHandler(logging.NullHandler())
        self._reading: SinkReading | None = None
        self._exporter: Any = OTLPMetricExporter(endpoint=_endpoint(target), timeout=_TIMEOUT_MILLISECONDS / 1000)
        self._reader = InMemoryMetricReader()
        known = {"service.name": facts.name, "host.name": facts.host, "greentrain.run.id": facts.id}
        resource = Resource.create({name: value for name, value in known.items() if value})
        self._provider = MeterProvider([self._reader], resource=resource, shutdown_on_exit=False)
        self._instruments(self._provider.get_meter("greentrain", facts.version))

    def _instruments(self, meter: Any) -> None:
        meter.create_observable_counter("hw.host.energy", [self._energy], "J", "Energy of the computer before PUE")
        meter.create_observable_gauge("hw.host.power", [self._power], "W", "Power of the computer")
        meter.create_observable_counter("greentrain.co2e", [self._co2e], "kg", "Location-based emissions of the run")

    def _energy(self, _: Any) -> Iterable[Any]:
        found = self._reading
        return _observed(None if found is None else found.energy_kwh.best * WATT_SECONDS_PER_KWH)

    def _power(self, _: Any) -> Iterable[Any]:
        return _observed(None if self._reading is None else self._reading.power_w)

    def _co2e(self, _: Any) -> Iterable[Any]:
        kg = None if self._reading is None else self._reading.co2e_kg
        return _observed(None if kg is None else kg.best)

    def attach(self) -> None:
        """A collector needs no run."""

    def log(self, reading: SinkReading) -> None:
        """Send the values."""
        self._reading = reading
        data = self._reader.get_metrics_data()
        result = self._exporter.export(data, timeout_millis=_TIMEOUT_MILLISECONDS) if data is not None else None
        if result is not None and result.name != "SUCCESS":
            raise GreentrainError("the collector does not take the values")

    def close(self) -> None:
        """Close the connection."""
        self._provider.shutdown(timeout_millis=_TIMEOUT_MILLISECONDS)
        self._exporter.shutdown()


def _observed(value: float | None) -> Iterable[Any]:
    from opentelemetry.metrics import Observation

    return [] if value is None else [Observation(value)]


def _endpoint(target: str) -> str | None:
    if not target:
        return None
    return target if _PATH in target else f"{target.rstrip('/')}{_PATH}"
