"""The service for programs: the command line's answers over HTTP, faults of one shape, limits and headers."""

import io
import json
from contextlib import redirect_stdout
from typing import Any

import pytest
from served import Service, service

import greentrain
from greentrain.cli import run
from greentrain.reporting.forms import FORMS

RUN = {"gpu": "V100", "count": 8, "hours": 10, "power": 250, "host_factor": 1, "pue": 1.5, "grid_intensity": 400}
"""8 x 250 W x 10 h = 20 kWh, x 1.5 = 30 kWh, x 400 g = 12 kg."""


def printed(*arguments: str) -> Any:
    """Return the JSON that a command prints."""
    output = io.StringIO()
    with redirect_stdout(output):
        assert run([*arguments, "--json"]) == 0
    return json.loads(output.getvalue())


def test_an_estimate_is_that_of_the_command_line(served: Service) -> None:
    """By address and by JSON the same object, to the last digit: 30 kWh and 12 kg."""
    by_address, by_json = served.get("/v1/estimate", **RUN), served.post("/v1/estimate", RUN)
    options = [word for name, value in RUN.items() for word in (f"--{name.replace('_', '-')}", str(value))]

    assert (by_address.status, by_address.headers["content-type"]) == (200, "application/json")
    assert by_address.json == by_json.json == printed("estimate", *options)
    assert by_json.json["facility_energy_kwh"] == {"low": 30.0, "best": 30.0, "high": 30.0}
    assert by_json.json["operational_kg"]["best"] == 12.0


def test_numbers_may_be_text_as_they_are_typed(served: Service) -> None:
    """Three days are 72 hours, 8B are 8e9; null is as good as left out."""
    typed = {"gpu": "8xH100", "params": "8B", "tokens": "1T", "location": "FR", "year": None}
    plain = {"gpu": "H100", "count": 8, "params": 8e9, "tokens": 1e12, "location": "FR"}

    assert (
        served.post("/v1/estimate", typed).json["operational_kg"]
        == (served.post("/v1/estimate", plain).json["operational_kg"])
    )
    assert served.get("/v1/estimate", gpu="V100", hours="3d").json["run"]["hours"] == 72


def test_published_methods_come_on_request(served: Service) -> None:
    """Under ``methods``, as ``--compare-methods --json`` prints them."""
    found = served.get("/v1/estimate", gpu="V100", hours=96, location="US", compare_methods="true")
    assert (
        found.json["methods"]
        == (printed("estimate", "--gpu", "V100", "--hours", "96", "--location", "US", "--compare-methods")["methods"])
    )
    assert "methods" not in served.get("/v1/estimate", gpu="V100", hours=96, compare_methods="0").json


def test_many_runs_are_added_up_with_what_they_share(served: Service) -> None:
    """12 kg and 6 kg are 18 kg; the run that cannot be estimated has its fault in its row."""
    half = {**RUN, "hours": 5}
    found = served.post("/v1/estimates", {"runs": [RUN, half, {"gpu": "V1000"}], "by": ["hours"]}).json

    assert (found["kind"], found["rows"], found["failed"]) == ("batch", 3, 1)
    assert found["totals"]["operational_kg"] == {"low": 18.0, "best": 18.0, "high": 18.0}
    assert [(group["by"], group["operational_kg"]["best"]) for group in found["groups"]] == [
        ({"hours": 10}, 12.0), ({"hours": 5}, 6.0),
    ]  # fmt: skip
    assert [row["operational_kg"] and row["operational_kg"]["best"] for row in found["estimates"]] == [12.0, 6.0, None]
    assert found["estimates"][2]["error"]["parameter"] in ("gpu", "hours")
    assert found["estimates"][0]["error"] is None


@pytest.mark.parametrize("by", [{}, 0, False, [1], "colour", ["gpu"] * 6])
def test_runs_are_grouped_by_names_alone(served: Service, by: Any) -> None:
    """What is no name of an input is refused, also where Python takes it for nothing."""
    found = served.post("/v1/estimates", {"runs": [RUN], "by": by})
    assert (found.status, found.json["errors"][0]["parameter"]) == (422, "colour" if by == "colour" else "by")


def test_a_list_of_runs_alone_and_values_that_all_share_are_taken(served: Service) -> None:
    """Both give the total that the library gives, doubt included."""
    runs = [{"gpu": "V100", "hours": 96, "location": place} for place in ("FR", "DE")]
    shared = {"runs": [{"location": "FR"}, {"location": "DE"}], "gpu": "V100", "hours": 96}
    whole = greentrain.total([greentrain.estimate(**run) for run in runs])  # type: ignore[arg-type]

    assert whole.operational_kg is not None
    for body in (runs, shared):
        assert served.post("/v1/estimates", body).json["totals"]["operational_kg"] == whole.operational_kg._asdict()


def test_a_comparison_is_that_of_the_command_line(served: Service) -> None:
    """By JSON with lists, by an address with commas or with names that are repeated."""
    expected = printed("compare", "--gpu", "A100,H100", "--hours", "10", "--location", "FR,PL")
    by_json = served.post("/v1/compare", {"gpu": ["A100", "H100"], "hours": 10, "location": ["FR", "PL"]})
    by_commas = served.get("/v1/compare", gpu="A100,H100", hours=10, location="FR,PL")
    by_names = served.ask("/v1/compare?gpu=A100&gpu=H100&hours=10&location=FR&location=PL")

    assert by_json.json == by_commas.json == by_names.json == expected
    assert [row["rank"] for row in expected["rows"]] == [1, 2, 3, 4]
    assert expected["kind"] == "comparison"


@pytest.mark.parametrize(
    ("body", "parameter"),
    [
        ({"gpu": "V100", "hours": 1, "places": "/etc/passwd"}, "places"),
        ({"gpu": "V100", "hours": 1, "places": ["europe; /etc/passwd"]}, "places"),
        ({"gpu": "V100", "hours": 1, "places": "cloud:nobody"}, "places"),
        ({"gpu": "V100", "hours": 1, "places": "cloud:aws,/etc/passwd"}, "places"),
        ({"gpu": "V100", "hours": 1, "places": ["europe", "all;/etc/passwd"]}, "places"),
        ({"gpu": [["V100"]], "hours": 1}, "gpu"),
        ({"gpu": [], "hours": 1}, "gpu"),
        ({"gpu": "V100", "hours": 1, "top": 3}, "top"),
        ({"gpu": "V100", "hours": list(range(1, 1000)), "pue": [1 + n / 1000 for n in range(1000)]}, "pue"),
        ({"gpu": "V100", "hours": {"a": 1}}, "hours"),
        ({"location": "FR,PL"}, "gpu"),
    ],
)
def test_a_comparison_that_cannot_be_is_refused(served: Service, body: dict[str, Any], parameter: str) -> None:
    """Files of this computer's least of all."""
    found = served.post("/v1/compare", body)
    assert (found.status, found.json["errors"][0]["parameter"]) == (422, parameter)
    assert "root:" not in found.text


def test_lists_of_places_are_compared(served: Service) -> None:
    """The regions of a provider, each once."""
    found = served.get("/v1/compare", gpu="V100", hours=1, places="cloud:gcp").json
    assert {row["run"]["location"].partition(":")[0] for row in found["rows"]} == {"gcp"}
    assert len(found["rows"]) == len({row["run"]["location"] for row in found["rows"]}) > 30


@pytest.mark.parametrize(("path", "command"), [("/v1/profiles", "profiles"), ("/v1/grids", "grids")])
def test_searches_are_those_of_the_command_line(served: Service, path: str, command: str) -> None:
    """A word, or everything without one."""
    word = "v100" if command == "profiles" else "franc"
    assert served.get(path, q=word).json == printed(command, word)
    assert served.get(path).json == printed(command)


@pytest.mark.parametrize("form", [name for name in FORMS if name != "spdx"])
def test_every_form_is_that_of_the_library(served: Service, form: str) -> None:
    """As a file with the form's ending, by address or by JSON; text for text."""
    described: dict[str, Any] = {"gpu": "V100", "hours": 96, "location": "FR", "year": 2024}
    expected = greentrain.report(greentrain.estimate(**described), form)
    found = served.get(f"/v1/reports/{form}", **described)

    assert found.text == served.post(f"/v1/reports/{form}", described).text == expected
    assert found.headers["content-disposition"] == f'attachment; filename="greentrain-{form}{FORMS[form].suffix}"'


def test_forms_take_their_options_title_and_date(served: Service) -> None:
    """But for a template, which would be a file of this computer's."""
    run = {"gpu": "V100", "hours": 96, "location": "FR"}
    sentence = served.post("/v1/reports/latex", {**run, "checklist": "acl"}).text
    titled = served.get("/v1/reports/markdown", title="My run", made_at="2026-11-22T11:00Z", **run).text
    refused = served.post("/v1/reports/html", {**run, "template": "/etc/passwd"})

    assert sentence == greentrain.report(greentrain.estimate(**run), "latex", checklist="acl")  # type: ignore[arg-type]
    assert "\n# My run\n" in titled
    assert "2026-11-22T11:00:00+00:00" in titled
    assert (refused.status, refused.json["errors"][0]["parameter"]) == (422, "template")


@pytest.mark.parametrize(
    ("query", "parameter", "rule", "suggestions"),
    [
        ({"gpu": "T400", "hours": 1}, "gpu", "unknown accelerator", []),
        ({"gpu": "V100", "hours": "-1"}, "hours", "must be greater than 0", []),
        ({"gpu": "V100", "hours": "1,5"}, "hours", "the decimal sign is a dot: 1.5", []),
        ({"gpu": "V100", "hours": 1, "locaton": "FR"}, "locaton", "is no parameter here", ["location"]),
        ({"gpu": "V100", "hours": 1, "profiles": "/etc"}, "profiles", "is no parameter here", []),
        ({"gpu": "V100", "hours": 1, "gpu_hours": 2}, "gpu_hours", "give either hours (wall-clock) or gpu_hours", []),
        ({"gpu": "V" * 201, "hours": 1}, "gpu", "must be at most 200 characters long", []),
        ({}, "gpu", "name the hardware with gpu or instance", []),
    ],
)
def test_a_fault_names_parameter_value_rule_and_what_may_be_meant(
    served: Service, query: dict[str, Any], parameter: str, rule: str, suggestions: list[str]
) -> None:
    """One object of RFC 9457 with the library's words, status 422."""
    found = served.get("/v1/estimate", **query)
    (error,) = found.json["errors"]

    assert (found.status, found.headers["content-type"]) == (422, "application/problem+json")
    assert {*found.json} == {"type", "title", "status", "detail", "errors"}
    assert (found.json["status"], error["parameter"]) == (422, parameter)
    assert rule in error["rule"]
    assert error["suggestions"][: len(suggestions)] == suggestions


def test_near_names_are_suggested(served: Service) -> None:
    """V1000 may be V100; Frence may be France."""
    assert "V100" in served.get("/v1/estimate", gpu="V1000", hours=1).json["errors"][0]["suggestions"]
    place = served.get("/v1/estimate", gpu="V100", hours=1, location="Frence").json["errors"][0]
    assert (place["parameter"], place["suggestions"][0]) == ("location", "FR (France)")


@pytest.mark.parametrize(
    ("body", "rule"),
    [
        (b"", "must be JSON"),
        (b"{", "must be JSON"),
        (b"[]", "must be one JSON object"),
        (b'{"gpu": "V100", "hours": NaN}', "is no number of JSON"),
        (b'{"gpu": "V100", "hours": 1, "hours": 2}', "is there twice"),
        (b'{"gpu": "V100", "hours": ' + b"9" * 5000 + b"}", "must be JSON"),
        (b"[" * 50_000, "has too many levels"),
        (b'{"gpu": "\xff"}', "must be JSON"),
        (b'{"gpu": "V100", "hours": 1e400}', "must be a finite number"),
        (b'{"gpu": ["V100"], "hours": 1}', "must be text"),
        (b'{"gpu": "V100", "hours": true}', "must be a number"),
        (b'{"gpu": "\\ud800", "hours": 1}', "must not hold control characters"),
    ],
)
def test_what_is_no_run_in_json_is_refused_in_words(served: Service, body: bytes, rule: str) -> None:
    """Never a status of 500, whatever is sent."""
    found = served.ask("/v1/estimate", method="POST", body=body)
    assert found.status == 422, found.text
    assert rule in found.json["errors"][0]["rule"]


def test_a_name_twice_in_an_address_is_refused(served: Service) -> None:
    """As the command line refuses an option that is given twice."""
    found = served.ask("/v1/estimate?gpu=V100&gpu=A100&hours=1")
    assert (found.status, found.json["errors"][0]["rule"]) == (422, "was given before as 'V100'; give it once")


def test_other_faults_have_the_same_shape(served: Service) -> None:
    """No such address, another method, another kind of body."""
    assert [served.get("/nope").status, served.get("/nope").json["errors"]] == [404, []]
    other = served.ask("/v1/estimate", method="DELETE")
    assert (other.status, other.headers["allow"]) == (405, "GET, HEAD, POST")
    form = served.ask("/v1/estimate", method="POST", body=b"gpu=V100", content_type="application/x-www-form-urlencoded")
    assert (form.status, form.headers["content-type"]) == (415, "application/problem+json")


def test_a_body_is_no_larger_than_its_limit(served: Service) -> None:
    """64 KiB for one run, counted as it comes in; 5 MiB and 10,000 rows for many."""
    large = b'{"gpu": "' + b"V" * 70_000 + b'"}'
    assert served.ask("/v1/estimate", method="POST", body=large).status == 413
    assert served.ask("/v1/estimates", method="POST", body=b" " * (5 * 1024 * 1024 + 1)).status == 413
    many = served.post("/v1/estimates", [{"gpu": "V100", "hours": 1}] * 10_001)
    assert (many.status, many.json["errors"][0]["rule"]) == (422, "must be 1 to 10,000 runs")


@pytest.mark.parametrize("host", ["evil.example", "evil.example:80", "localhost.evil.example", "", "127.0.0.1.nip.io"])
def test_another_host_is_refused(served: Service, host: str) -> None:
    """A stranger's name that points here is none of this service's."""
    found = served.ask("/v1/estimate?gpu=V100&hours=1", Host=host)
    assert (found.status, found.headers["content-type"]) == (400, "application/problem+json")


@pytest.mark.parametrize("host", ["localhost", "LOCALHOST:8321", "127.0.0.1:1", "[::1]:8321", "192.0.2.7", "node1"])
def test_names_that_no_stranger_has_are_taken(served: Service, host: str) -> None:
    """Addresses, and names without a dot."""
    assert served.ask("/health", Host=host).status == 200


def test_a_further_host_and_origin_are_let_in_when_they_are_named() -> None:
    """CORS answers exactly the origin that is named, and nobody else."""
    with service(allowed_hosts=["lab.example"], allow_origins=["https://lab.example"]) as found:
        assert found.ask("/health", Host="lab.example").status == 200
        named = found.ask("/v1/estimate?gpu=V100&hours=1", Origin="https://lab.example")
        other = found.ask("/v1/estimate?gpu=V100&hours=1", Origin="https://evil.example")
        asked = {"Origin": "https://lab.example", "Access_Control_Request_Method": "POST"}
        first = found.ask("/v1/estimate", method="OPTIONS", Access_Control_Request_Headers="content-type", **asked)
    assert named.headers["access-control-allow-origin"] == "https://lab.example"
    assert "access-control-allow-origin" not in other.headers
    assert (first.status, first.headers["access-control-allow-origin"]) == (200, "https://lab.example")


def test_without_a_named_origin_there_is_no_cors(served: Service) -> None:
    """A browser keeps the answers from other sites' scripts."""
    found = served.ask("/v1/estimate?gpu=V100&hours=1", Origin="https://evil.example")
    assert not [name for name in found.headers if name.startswith("access-control")]
    assert served.ask("/v1/estimate", method="OPTIONS", Origin="https://evil.example").status == 405


@pytest.mark.parametrize("path", ["/health", "/v1/estimate", "/nope", "/openapi.json", "/v1/reports/html"])
def test_every_answer_is_guarded(served: Service, path: str) -> None:
    """A policy without inline scripts, no sniffing, no referrer, no frame, no cookie, no server's name."""
    headers = served.get(path).headers
    assert "unsafe" not in headers["content-security-policy"]
    assert "default-src 'none'" in headers["content-security-policy"]
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "no-referrer"
    assert headers["x-frame-options"] == "DENY"
    assert not {"set-cookie", "server"} & headers.keys()


def test_a_browser_keeps_answers_by_their_tag(served: Service) -> None:
    """The same question has the same tag, and is not answered twice; HEAD has the headers alone."""
    first = served.get("/v1/estimate", gpu="V100", hours=1)
    again = served.ask("/v1/estimate?gpu=V100&hours=1", If_None_Match=first.headers["etag"])
    head = served.ask("/v1/estimate?gpu=V100&hours=1", method="HEAD")

    assert first.headers["cache-control"] == "private, max-age=3600"
    assert (again.status, again.body) == (304, b"")
    assert (head.status, head.body, head.headers["etag"]) == (200, b"", first.headers["etag"])


def test_health_states_versions_and_nothing_of_the_computer(served: Service) -> None:
    """Neither names nor paths; it is never kept."""
    found = served.get("/health")
    assert found.json == {"status": "ok", "version": greentrain.__version__, "data_version": "2026.11"}
    assert found.headers["cache-control"] == "no-store"
    assert served.get("/health/ready").json == found.json


def test_the_description_is_openapi_with_examples_that_hold(served: Service) -> None:
    """Every path of the contract; the example of each request is answered, and is the example of its answer."""
    found = served.get("/openapi.json").json
    examples = {name: schema["examples"][0] for name, schema in found["components"]["schemas"].items() if
                "examples" in schema}  # fmt: skip
    sent = found["paths"]["/v1/estimate"]["post"]["requestBody"]["content"]["application/json"]["example"]
    many = found["paths"]["/v1/estimates"]["post"]["requestBody"]["content"]["application/json"]["example"]

    assert found["openapi"].startswith("3.1")
    assert {
        "/v1/estimate",
        "/v1/estimates",
        "/v1/compare",
        "/v1/profiles",
        "/v1/grids",
        "/v1/reports/{form}",
        "/health",
    } <= {*found["paths"]}
    assert served.post("/v1/estimate", sent).json == examples["Estimate"]
    assert served.post("/v1/estimates", many).json == examples["Batch"]
    assert served.get("/v1/estimate", gpu="V1000", hours=96).json["errors"] == examples["Problem"]["errors"]


def test_the_parameters_described_are_the_keywords_of_estimate(served: Service) -> None:
    """Each with the words of its documentation; but for the folder of profiles, which is the server's."""
    described = served.get("/openapi.json").json["paths"]["/v1/estimate"]["get"]["parameters"]
    names = {"gpu", *(greentrain.estimate.__kwdefaults__ or ())} - {"profiles"}

    assert {each["name"] for each in described} == names | {"compare_methods"}
    assert all(each["description"] for each in described)
    assert all(each["description"] != described[-1]["description"] for each in described[:-1])


@pytest.mark.parametrize(
    ("settings", "parameter"),
    [
        ({"runs": "all"}, "runs"),
        ({"token": "short"}, "token"),
        ({"allow_origins": ["*"]}, "allow_origin"),
        ({"allow_origins": ["https://a.example/path"]}, "allow_origin"),
    ],
)
def test_settings_are_checked(settings: dict[str, Any], parameter: str) -> None:
    """Before anything is served."""
    with pytest.raises(greentrain.InputError) as caught, service(**settings):
        pass
    assert caught.value.parameter == parameter
