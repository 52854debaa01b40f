"""Each service by its recorded answer, and what no service may do to us: errors, silence, garbage, leaks."""

import io
import json
import stat
import zipfile
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from loopback import Answer, Loopback, recorded

from greentrain import Contradiction, GridServiceError, InputError, UnknownName
from greentrain.intensity import SERVICES, Series, fetch_series, service_of, utc_text

DAY = 86400.0
START = datetime(2026, 3, 1, tzinfo=UTC).timestamp()
Fetch = Callable[..., Series]


@pytest.fixture
def fetch(server: Loopback) -> Fetch:
    """Ask the loopback server for the first of March 2026, at noon of that day, without pauses."""

    def ask(name: str, location: str | None = "GB", **more: Any) -> Series:
        keywords = {"start": START, "end": START + DAY, "now": START + DAY / 2, "pause_seconds": 0.0, **more}
        return fetch_series(name, location=location, base_url=server.url, **keywords)

    return ask


def starts(series: Series) -> list[str]:
    """Write the hours and minutes at which slots start."""
    return [utc_text(slot.start)[11:16] for slot in series.slots]


def values(series: Series) -> list[float]:
    """List the values."""
    return [slot.g_per_kwh for slot in series.slots]


def test_great_britain(server: Loopback, fetch: Fetch) -> None:
    """Actual else forecast: 176, 168, 160, 120, 90, 100, whose mean is 135.667; four of six are forecasts."""
    server.says("/intensity/", recorded("uk_national_range.json"))
    found = fetch("gb")

    assert values(found) == [176, 168, 160, 120, 90, 100]
    assert found.mean == pytest.approx(135.667, abs=5e-4)
    assert found.forecast_share == pytest.approx(4 / 6)
    assert (found.basis, found.accounting, found.missing) == ("direct", "consumption", 0)
    assert server.asked[0].path == "/intensity/2026-03-01T00:00Z/2026-03-02T00:00Z"


@pytest.mark.parametrize(("file", "number"), [("uk_regional_object.json", 6), ("uk_regional_list.json", 1)])
def test_a_region_of_great_britain(server: Loopback, fetch: Fetch, file: str, number: int) -> None:
    """The region's data are an object in one answer and a list in the other; all are forecasts."""
    server.says("/regional/intensity/", recorded(file))
    found = fetch("gb", zone="13")

    assert values(found) == [180, 170, 160, 120, 90, 100][:number]
    assert found.forecast_share == 1.0


def test_ranges_of_great_britain_are_asked_for_in_parts(server: Loopback, fetch: Fetch) -> None:
    """Thirteen days at a time; a slot at the edge of two answers counts once."""
    server.says("/intensity/", recorded("uk_national_range.json"))
    found = fetch("gb", end=START + 20 * DAY)

    assert [asked.path for asked in server.asked] == [
        "/intensity/2026-03-01T00:00Z/2026-03-14T00:00Z",
        "/intensity/2026-03-14T00:00Z/2026-03-21T00:00Z",
    ]
    assert len(found.slots) == 6


def test_energy_charts(server: Loopback, fetch: Fetch) -> None:
    """Four measured and eight forecast quarter hours with a mean of 51.5; the last four are unknown, not 0."""
    server.says("/co2eq", recorded("energy_charts_co2eq.json"))
    found = fetch("energy-charts", "DE")

    assert len(found.slots) == 12
    assert found.mean == pytest.approx(51.5)
    assert [slot.kind for slot in found.slots] == ["measured"] * 4 + ["forecast"] * 8
    assert found.slot_seconds == 900
    assert server.asked[0].query["country"] == ["de"]


def test_france(server: Loopback, fetch: Fetch) -> None:
    """Newest first in Paris time, one without a value: 24, 22, 20 at 23:15, 23:30, 23:45 of the day before."""
    server.says("/api/explore", recorded("rte_eco2mix.json"))
    found = fetch("rte", "FR", start=START - DAY, end=START + DAY)

    assert values(found) == [24, 22, 20]
    assert starts(found) == ["23:15", "23:30", "23:45"]
    assert found.basis == "direct"


def test_the_united_states(server: Loopback, fetch: Fetch) -> None:
    """1,000 coal, 4,000 gas, 2,000 nuclear, 2,000 wind, 1,000 water at 820, 490, 12, 11, 24: 285.0 g/kWh each hour."""
    server.says("/v2/electricity", recorded("eia_fuel_type_data.json"))
    found = fetch("eia", "US-TX")

    assert values(found) == pytest.approx([285.0] * len(found.slots))
    assert starts(found) == ["00:00", "01:00"]
    assert server.asked[0].query["facets[respondent][]"] == ["ERCO"]


def test_australia(server: Loopback, fetch: Fetch) -> None:
    """Times are the ends of half hours in UTC+10: 14:00 and 14:30 UTC; residual shares 6/8 and 4/8 around the mean."""
    server.says("/Reports", recorded("aemo_predispatch_region_solution.csv"))
    found = fetch("aemo", "AU-NSW", start=START - DAY)

    assert starts(found) == ["14:00", "14:30"]
    first, second = values(found)
    assert first / second == pytest.approx(6 / 4)
    assert found.forecast_share == 1.0


def test_australia_behind_a_list_of_archives(server: Loopback, fetch: Fetch) -> None:
    """The newest file of the folder counts, which is an archive."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("PREDISPATCHIS.CSV", recorded("aemo_predispatch_region_solution.csv").body)
    names = ("PUBLIC_PREDISPATCHIS_202603010000.zip", "PUBLIC_PREDISPATCHIS_202603010030.zip")
    server.says("/Reports/Current/PredispatchIS_Reports/", Answer("".join(f'<A HREF="/x/{name}">' for name in names)))
    server.says(f"/Reports/Current/PredispatchIS_Reports/{names[1]}", Answer(packed.getvalue()))

    assert starts(fetch("aemo", "AU-NSW", start=START - DAY)) == ["14:00", "14:30"]


def test_electricity_maps(server: Loopback, fetch: Fetch) -> None:
    """Four measured hours and four forecast ones; the zone is always sent, since the caller's address is no place."""
    server.says("/v3/carbon-intensity/past-range", recorded("electricitymaps_past_range.json"))
    server.says("/v3/carbon-intensity/forecast", recorded("electricitymaps_forecast.json"))
    found = fetch("electricity-maps", "DE")

    assert values(found) == [300, 310, 320, 330, 300, 280, 260, 240]
    assert [slot.kind for slot in found.slots] == ["measured"] * 4 + ["forecast"] * 4
    assert found.missing == 1
    assert all(asked.query["zone"] == ["DE"] for asked in server.asked)
    assert server.asked[0].headers["auth-token"] == "secret+user:s3cr/t"


def test_the_history_of_electricity_maps(server: Loopback, fetch: Fetch) -> None:
    """300 to 340 with a mean of 320; the last is an estimate."""
    server.says("/v3/carbon-intensity/past-range", recorded("electricitymaps_history.json"))
    server.says("/v3/carbon-intensity/forecast", Answer('{"zone": "DE", "forecast": []}'))
    found = fetch("electricity-maps", "DE")

    assert found.mean == 320
    assert [slot.kind for slot in found.slots] == ["measured"] * 4 + ["estimated"]


def test_watttime(server: Loopback, fetch: Fetch) -> None:
    """870 lb/MWh are 394.63 g/kWh; marginal, five minutes, and the log-in's token goes with the question."""
    server.says("/login", Answer('{"token": "abc"}'))
    server.says("/v3/forecast", recorded("watttime_forecast.json"))
    found = fetch("watttime", "US-CA")

    assert values(found)[0] == pytest.approx(394.63, abs=5e-3)
    assert (found.basis, found.slot_seconds, len(found.slots)) == ("marginal", 300, 12)
    assert server.asked[1].headers["authorization"] == "Bearer abc"


def test_open_electricity(server: Loopback, fetch: Fetch) -> None:
    """60 t over 100 MWh are 600 g/kWh; a time without a zone is that of the eastern market, ten hours ahead."""
    results = {"emissions": [["2026-03-01T10:00:00", 60.0], ["2026-03-01T11:00:00", None]],
               "energy": [["2026-03-01T10:00:00", 100.0], ["2026-03-01T11:00:00", 100.0]]}  # fmt: skip
    data = [
        {"metric": metric, "results": [{"name": f"{metric}_NSW1", "columns": {"region": "NSW1"}, "data": rows}]}
        for metric, rows in results.items()
    ]
    server.says("/v4/data/network/NEM", Answer(json.dumps({"data": data})))
    found = fetch("openelectricity", "AU-NSW")

    assert (values(found), starts(found)) == ([600.0], ["00:00"])


GENERATION = """<GL_MarketDocument xmlns="urn:x">
<TimeSeries><MktPSRType><psrType>{0}</psrType></MktPSRType><Period><timeInterval><start>2026-03-01T00:00Z</start>
<end>2026-03-01T03:00Z</end></timeInterval><resolution>PT60M</resolution>{1}</Period></TimeSeries>
<TimeSeries><MktPSRType><psrType>B14</psrType></MktPSRType><Period><timeInterval><start>2026-03-01T00:00Z</start>
<end>2026-03-01T03:00Z</end></timeInterval><resolution>PT60M</resolution>{2}</Period></TimeSeries></GL_MarketDocument>"""


def point(position: int, megawatts: float) -> str:
    """Write a point of the platform's XML."""
    return f"<Point><position>{position}</position><quantity>{megawatts}</quantity></Point>"


def test_the_platform_of_entsoe(server: Loopback, fetch: Fetch) -> None:
    """1,000 MW coal and 1,000 nuclear are (820 + 12) / 2 = 416; a position that is left out repeats the last."""
    body = GENERATION.format("B05", point(1, 1000) + point(3, 0), point(1, 1000))
    server.says("/api", Answer(body))
    found = fetch("entsoe", "DE")

    assert values(found) == pytest.approx([416, 416, 12])
    assert server.asked[0].query["in_Domain"] == ["10Y1001A1001A83F"]


def test_a_mix_that_is_mostly_unknown_is_no_value(server: Loopback, fetch: Fetch) -> None:
    """Oil has no life-cycle factor here: half of the generation without one says nothing."""
    server.says("/api", Answer(GENERATION.format("B06", point(1, 1000), point(1, 1000))))

    with pytest.raises(GridServiceError, match=r"no value between 2026-03-01T00:00:00Z and "):
        fetch("entsoe", "DE")


def test_a_refusal_of_entsoe_is_in_its_words(server: Loopback, fetch: Fetch) -> None:
    """An acknowledgement comes with status 200."""
    name = "Acknowledgement_MarketDocument"
    body = f"<{name} xmlns='urn:y'><Reason><text>No matching data</text></Reason></{name}>"
    server.says("/api", Answer(body))

    with pytest.raises(GridServiceError, match=r"No matching data$"):
        fetch("entsoe", "DE")


ERRORS = {
    "400": (Answer('{"error": {"code": "400", "message": "no such date"}}', 400), "HTTP 400, no such date", 1),
    "401": (Answer('{"message": "no such token"}', 401), "HTTP 401, no such token", 1),
    "404": (Answer('{"error": "no data"}', 404), "HTTP 404, no data", 1),
    "429": (Answer('{"message": "slow down"}', 429, {"Retry-After": "0"}), "HTTP 429, slow down", 2),
    "503": (Answer("busy", 503), "HTTP 503", 2),
    "page": (Answer("<!DOCTYPE html><html>log in</html>"), "web page and no data; a network may want a log-in", 1),
    "cut": (Answer('{"data": [{"from": "2026'), "the answer is no JSON", 1),
    "short": (Answer('{"data": []}', length=500), "the answer broke off: ", 2),
    "empty": (Answer(""), "the answer is empty", 1),
    "list": (Answer("[1, 2]"), "the answer has another form than it should (TypeError)", 1),
    "keys": (Answer('{"datum": []}'), "the answer has another form than it should (KeyError)", 1),
    "NaN": (Answer('{"data": [{"from": "2026-03-01T00:00Z", "intensity": {"actual": NaN}}]}'), "is no JSON", 1),
    "deep": (Answer("[" * 100_000), "the answer is no JSON", 1),
    "negative": (Answer('{"data": [{"from": "2026-03-01T00:00Z", "intensity": {"actual": -5}}]}'), "is negative", 1),
    "pounds": (Answer('{"data": [{"from": "2026-03-01T00:00Z", "intensity": {"actual": 4000}}]}'), "is above 3,000", 1),
    "nothing": (Answer('{"data": []}'), "no value between ", 1),
    "elsewhere": (Answer("", 302, {"Location": "http://localhost:1/"}), "redirection to another host", 2),
}  # fmt: skip


@pytest.mark.parametrize("fault", ERRORS)
def test_answers_that_are_of_no_use(server: Loopback, fetch: Fetch, fault: str) -> None:
    """Each is one error of one kind, with the service's words where it has some; only troubles are tried twice."""
    answer, words, times = ERRORS[fault]
    server.says("/intensity/", answer)

    with pytest.raises(GridServiceError) as caught:
        fetch("gb")
    assert words in str(caught.value)
    assert len(server.asked) == times


def test_silence(server: Loopback, fetch: Fetch) -> None:
    """No answer within the time-out, twice; then the service is left alone for a while."""
    server.says("/intensity/", Answer("{}", wait_seconds=0.5))

    with pytest.raises(GridServiceError, match=r"no answer within 0.1 s$"):
        fetch("gb", timeout_seconds=0.1)
    assert len(server.asked) == 2
    with pytest.raises(GridServiceError, match=r"failed a moment ago and is not asked again for (29|30) s$"):
        fetch("gb")
    assert len(server.asked) == 2


def test_one_retry_is_enough_where_the_second_answer_is_good(server: Loopback, fetch: Fetch) -> None:
    """A busy moment costs nothing but time."""
    server.says("/intensity/", Answer("", 503), recorded("uk_national_range.json"))

    assert len(fetch("gb").slots) == 6


def test_nobody_is_there() -> None:
    """A port without a server."""
    with pytest.raises(GridServiceError, match=r"not reached: "):
        fetch_series(
            "gb", location="GB", start=START, end=START + DAY, base_url="http://127.0.0.1:9", home="/nonexistent",
            pause_seconds=0.0,
        )  # fmt: skip


@pytest.mark.parametrize("name", ["eia", "entsoe", "electricity-maps", "watttime", "openelectricity"])
def test_keys_are_in_no_message(server: Loopback, fetch: Fetch, name: str) -> None:
    """Also where the service repeats what it was sent, plain or as in an address."""
    said = "bad secret+user:s3cr/t secret%2Buser%3As3cr%2Ft s3cr/t"
    for path in ("/v2", "/v3", "/v4", "/api", "/login"):
        server.says(path, Answer(json.dumps({"message": said}), 403))
    places = {"entsoe": "DE", "electricity-maps": "DE", "openelectricity": "AU-NSW"}

    with pytest.raises(GridServiceError) as caught:
        fetch(name, places.get(name, "US-CA"))
    assert "s3cr" not in str(caught.value)
    assert "HTTP 403, bad ***" in str(caught.value)


def test_a_missing_key_names_its_variable(fetch: Fetch, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is asked without it."""
    monkeypatch.delenv("GREENTRAIN_EIA_KEY")

    with pytest.raises(Contradiction, match=r"^grid_service 'eia': needs a key of yours in GREENTRAIN_EIA_KEY$"):
        fetch("eia", "US-CA")


def test_addresses_are_https_or_of_this_computer() -> None:
    """A key is sent to nobody in the clear."""
    with pytest.raises(InputError, match=r"must begin with https://, or be on this computer$"):
        fetch_series("gb", location="GB", start=START, end=START + DAY, base_url="http://example.org")


def test_unknown_services_and_zones(fetch: Fetch) -> None:
    """The message has what is known."""
    with pytest.raises(UnknownName, match=r"^grid_service 'ecotricity': is no service; known are gb, energy-charts, "):
        fetch("ecotricity")
    with pytest.raises(Contradiction, match=r"^grid_service 'gb': knows no zone of Germany; name it with grid_zone$"):
        fetch("gb", "DE")
    with pytest.raises(Contradiction, match=r"^grid_service 'gb': needs location, or grid_zone$"):
        fetch("gb", None)


def test_what_was_asked_a_moment_ago_is_not_asked_again(server: Loopback, fetch: Fetch, tmp_path: Path) -> None:
    """Kept privately in the data folder; after a quarter of an hour a forecast is asked for again."""
    body = json.loads(recorded("uk_national_range.json").body)
    whole = {"data": body["data"][:1]}
    for place in range(48):
        at = datetime.fromtimestamp(START + 1800 * place, UTC)
        slot = {"from": f"{at:%Y-%m-%dT%H:%MZ}", "intensity": {"forecast": 100 + place, "actual": None}}
        whole["data"].append(slot)
    server.says("/intensity/", Answer(json.dumps(whole)))
    first, second = fetch("gb"), fetch("gb", now=START + DAY / 2 + 600)

    assert second == first
    assert len(server.asked) == 1
    (kept,) = (tmp_path / "home" / "grid-cache").iterdir()
    assert stat.S_IMODE(kept.stat().st_mode) == 0o600
    fetch("gb", now=START + DAY / 2 + 1800)
    assert len(server.asked) == 2


def test_measured_values_of_last_week_are_final(server: Loopback, fetch: Fetch) -> None:
    """Fetched five days later, they are not asked for a month later; a damaged file is as good as none."""
    slots = [
        {"from": utc_text(START + 1800 * place), "intensity": {"forecast": 1, "actual": 100 + place}}
        for place in range(48)
    ]
    server.says("/intensity/", Answer(json.dumps({"data": slots})))
    first = fetch("gb", now=START + 5 * DAY)

    assert fetch("gb", now=START + 40 * DAY) == first
    assert len(server.asked) == 1


def test_a_damaged_cache_is_as_good_as_none(server: Loopback, fetch: Fetch, tmp_path: Path) -> None:
    """It is written anew."""
    server.says("/intensity/", recorded("uk_national_range.json"))
    fetch("gb")
    (kept,) = (tmp_path / "home" / "grid-cache").iterdir()
    kept.write_text('{"points": [1], "spans": 3}')

    assert len(fetch("gb").slots) == 6
    assert len(server.asked) == 2


def test_what_may_not_be_kept_is_not(server: Loopback, fetch: Fetch, tmp_path: Path) -> None:
    """The terms of Electricity Maps allow no copies."""
    server.says("/v3/carbon-intensity/past-range", recorded("electricitymaps_past_range.json"))
    server.says("/v3/carbon-intensity/forecast", recorded("electricitymaps_forecast.json"))
    fetch("electricity-maps", "DE")

    assert not (tmp_path / "home").exists()


@pytest.mark.parametrize("name", SERVICES)
def test_every_service_states_what_its_numbers_are(name: str) -> None:
    """Its own name, a basis, terms, https, and a key's variable that is ours."""
    service = service_of(name)

    assert service.name == name
    assert service.basis in ("direct", "life-cycle", "marginal")
    assert service.licence
    assert service.base_url.startswith("https://")
    assert service.key_variable == "" or service.key_variable.startswith("GREENTRAIN_")
