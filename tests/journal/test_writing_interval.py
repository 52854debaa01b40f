"""How often samples are written."""

import json

from greentrain.journal import writing_interval_seconds


def test_stages() -> None:
    """Every second for a minute, every ten for an hour, every minute after; never more often than read."""
    assert [writing_interval_seconds(at, 1.0) for at in (0, 59.9, 60, 3599, 3600, 1e6)] == [1, 1, 10, 10, 60, 60]
    assert writing_interval_seconds(0.0, 15.0) == 15.0


def test_a_month_stays_below_20_mb() -> None:
    """Thirty days of samples as long as they get are 43,674 lines and under 20 MB."""
    energy = {"gpu": 12345.123456789012, "cpu": 12345.123456789012, "memory": 12345.123456789012}
    power = {"gpu": 12345.123, "cpu": 12345.123, "memory": 12345.123}
    longest = {"v": 1, "type": "sample", "elapsed_seconds": 2592000.123, "energy_kwh": energy, "power_w": power}
    longest |= {"share": {"cpu": 0.1234, "memory": 0.1234}, "t": "2026-11-22T11:44:55.833Z", "mono": 2595847.8417}
    elapsed, lines = 0.0, 0
    while elapsed < 30 * 86_400:
        elapsed += writing_interval_seconds(elapsed, 1.0)
        lines += 1
    assert lines == 60 + 354 + 43_140
    assert lines * len(json.dumps(longest)) < 20e6
