"""The calculator as it comes without JavaScript: a form by GET, and everything that follows from what it holds."""

import html
import re
import shlex
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from served import Service, service
from test_api import RUN, printed

import greentrain
from greentrain.reporting.forms import FORMS


def links(page: str, start: str) -> list[str]:
    """List the addresses of a page that begin in a way, as a browser reads them."""
    return [html.unescape(found) for found in re.findall(r'href="([^"]*)"', page) if found.startswith(start)]


def code(page: str, label: str) -> str:
    """Return the text that is there to be copied under a label."""
    found = re.search(rf'aria-label="{label}" class="copied"><code>(.*?)</code>', page, re.DOTALL)
    assert found, label
    return html.unescape(found[1])


def text_of(page: str) -> str:
    """Return what a reader sees, without tags and with single blanks."""
    inline = re.sub(r"</?(?:a|code|q|span|strong|sub)\b[^>]*>", "", page)
    return " ".join(html.unescape(re.sub(r"<[^>]*>", " ", inline)).split())


def test_without_inputs_there_are_a_form_and_examples(served: Service) -> None:
    """Every keyword of ``estimate`` has its field but the folder of profiles; every example gives a result."""
    page = served.get("/").text
    names = set(re.findall(r'<(?:input|select) id="(\w+)" name="\1"', page))

    assert {name for name in names if not name.startswith("if_")} == (
        {"gpu", *(greentrain.estimate.__kwdefaults__ or ())} - {"profiles"}
    )
    assert len(re.findall(r"<label for=", page)) == len(names)
    examples = [link for link in links(page, "./?") if "#result" in link]
    assert len(examples) == 4
    for example in examples:
        assert 'id="result-title"' in served.get(f"/{example.removeprefix('./').partition('#')[0]}").text


def test_the_result_is_the_estimate_with_its_interval(served: Service) -> None:
    """30 kWh and 12 kg, exact, and their parts: 20 kWh of accelerators and 10 of the facility."""
    shown = text_of(served.get("/", **RUN).text)
    assert "Operational emissions 12.0 kg CO2e exact: every input is" in shown
    assert "Electricity 30.0 kWh" in shown
    assert "accelerators 20.0 kWh 8.00 kg 67 %" in shown
    assert "facility (cooling, power supply) 10.0 kWh 4.00 kg 33 %" in shown


def test_an_interval_and_what_it_comes_from_are_stated(served: Service) -> None:
    """The same digits as the library's, and the field that narrows it most."""
    result = greentrain.estimate("V100", hours=96, location="US", year=2024)
    page = served.get("/", gpu="V100", hours=96, location="US", year=2024).text
    low, best, high = (f"{value:.3g}" for value in result.operational_kg)

    assert f"Operational emissions {best} kg CO2e 90 % interval {low} to {high}" in text_of(page)
    assert "grid intensity 57 %" in text_of(page)
    assert "utilization 17 %" in text_of(page)
    unknown = served.get("/", gpu="V100", hours=96, grid_intensity=400).text
    assert '<a href="#power">the measured mean power of an accelerator</a>' in unknown


def test_other_hardware_is_compared_with_the_figure_of_the_page(served: Service) -> None:
    """Hours alone leave the load open, operations say pretraining: the run's own row has the page's 19.3 kg."""
    page = served.get("/?gpu=V100&hours=96&location=US&year=2024").text
    _, _, hardware = page.partition("The same operations on other hardware")
    row = hardware[hardware.index('<span class="tag">this run</span>') :]
    assert "19.3" in row[: row.index("</tr>")]
    assert 'Quebec <span class="note">direct emissions only</span>' in page


def test_the_same_inputs_give_the_same_numbers_elsewhere(served: Service) -> None:
    """The command, the line of Python, and the answer for programs give the page's 12 kg."""
    page = served.get("/", **RUN).text
    command = shlex.split(code(page, "Command line"))
    found = eval(code(page, "Python"), {"greentrain": greentrain})
    (api,) = links(page, "./v1/estimate?")

    assert command[:2] == ["greentrain", "estimate"]
    assert printed(*command[1:])["operational_kg"]["best"] == 12.0
    assert found.operational_kg.best == 12.0
    assert served.get(f"/{api.removeprefix('./')}").json["operational_kg"]["best"] == 12.0


@pytest.mark.parametrize(
    "said", [{"gpu": "8xH100", "params": "8B", "tokens": "1.5T"}, {"gpu": "RTX 4090", "hours": "2h30", "pue": "1.10"}]
)
def test_what_is_typed_is_written_as_it_is_read(served: Service, said: dict[str, str]) -> None:
    """Text that is no plain number stays text, in quotes of the shell and of Python."""
    page = served.get("/", **said).text
    expected = greentrain.estimate(**said).operational_kg.best  # type: ignore[arg-type]
    command = shlex.split(code(page, "Command line"))

    assert printed(*command[1:])["operational_kg"]["best"] == expected
    assert eval(code(page, "Python"), {"greentrain": greentrain}).operational_kg.best == expected


def test_an_address_holds_the_inputs_and_says_when_it_is_old(served: Service) -> None:
    """With the year and the version of the data; another version is told on the page."""
    page = served.get("/", gpu="V100", hours=96, location="FR", if_location="PL").text
    (shared,) = [link for link in links(page, "./?") if "data=" in link]
    query = parse_qs(urlsplit(shared).query)
    again = served.get(f"/{shared.removeprefix('./')}").text
    older = served.get(f"/{shared.removeprefix('./').replace('data=2026.11', 'data=2025.05')}").text

    assert query["gpu"] == ["V100"]
    assert query["if_location"] == ["PL"]
    assert set(query) >= {"year", "data"}
    assert "This address was made with the data of" not in again
    assert "This address was made with the data of 2025.05" in text_of(older)
    assert code(again, "Command line").startswith("greentrain estimate --gpu V100 --hours 96 --location FR --year ")


def test_every_form_is_there_as_a_file(served: Service) -> None:
    """Each link leads to the report of the same inputs."""
    page = served.get("/", gpu="V100", hours=96, location="FR", year=2024).text
    found = links(page, "./v1/reports/")
    result = greentrain.estimate("V100", hours=96, location="FR", year=2024)

    assert [urlsplit(link).path.rpartition("/")[2] for link in found] == list(FORMS)
    markdown = next(link for link in found if "/markdown?" in link)
    assert served.get(f"/{markdown.removeprefix('./')}").text == greentrain.report(result, "markdown")


def test_blank_fields_are_not_given(served: Service) -> None:
    """As a form without JavaScript sends them."""
    page = served.get("/", **RUN, location="", params=" ", if_gpu="").text
    assert "12.0 kg CO2e" in text_of(page)
    assert "What if:" not in page


def test_an_alternative_stands_beside_the_run(served: Service) -> None:
    """Half the carbon intensity is half the emissions, for certain: both are exact."""
    page = served.get("/", **RUN, if_grid_intensity=200).text
    shown = text_of(page)

    assert "What if: \N{MULTIPLICATION SIGN} 0.5" in shown
    assert "6.00 kg CO2e less; a clear difference." in shown
    assert "grid \N{MULTIPLICATION SIGN} 0.5" in shown
    assert "--grid-intensity 200" in code(page, "Command line of the alternative")


def test_an_alternative_keeps_the_number_of_devices(served: Service) -> None:
    """Eight A100 become eight H100, though the number is a part of the name; measured power stays with its device."""
    page = served.get("/", gpu="8xA100", power=300, hours=1, location="FR", if_gpu="H100").text
    command = code(page, "Command line of the alternative")
    assert "--gpu H100" in command
    assert "--count 8" in command
    assert "--power" not in command


def test_differences_smaller_than_the_doubt_are_not_called_clear(served: Service) -> None:
    """France and Sweden are both clean; France and Poland differ."""
    near = text_of(served.get("/", gpu="A100", hours=96, location="FR", if_location="SE").text)
    far = text_of(served.get("/", gpu="A100", hours=96, location="FR", if_location="PL").text)
    assert "no clear difference: the interval of the ratio reaches over 1" in near
    assert "; a clear difference." in far


def test_places_hardware_and_methods_are_compared(served: Service) -> None:
    """The run itself stands once in each ranking, and at a place of its own name."""
    page = served.get("/", gpu="A100", hours=96, location="LUMI").text
    shown = text_of(page)
    for title in ("The same run elsewhere", "The same operations on other hardware", "By published methods"):
        assert title in shown
    assert "LUMI this run" in shown
    assert "Poland (PL)" in shown or "Poland" in shown
    assert "NVIDIA A100 (taken as SXM4 40GB) this run" in shown
    assert len(re.findall(r'<tr class="own">', page)) == 3


def test_the_same_operations_take_other_hardware_as_long_as_the_size_says(served: Service) -> None:
    """With the model's size the hours are those of the estimate itself."""
    said = {"gpu": "A100", "params": "8B", "tokens": "1T", "location": "FR"}
    hours = greentrain.estimate(**said).run["gpu_hours"]  # type: ignore[arg-type]
    h100 = greentrain.estimate(**{**said, "gpu": "H100"}).run["gpu_hours"]  # type: ignore[arg-type]
    shown = text_of(served.get("/", **said).text)
    for value in (hours, h100):
        assert f"{float(f'{value:.3g}'):,.0f} accelerator-hours" in shown


def test_a_fault_is_at_its_field_and_suggestions_are_links(served: Service) -> None:
    """The field says what is wrong, what was typed stays, and a link puts a suggestion in its place."""
    page = served.get("/", gpu="V100", hours=96, location="Frence").text
    field = re.search(r'<div class="field" data-field="location">(.*?)</div>', page, re.DOTALL)
    (first, *_) = [link for link in links(page, "./?") if "location=" in link]

    assert field
    assert 'value="Frence"' in field[1]
    assert 'aria-invalid="true" aria-describedby="location-error"' in field[1]
    assert "unknown place" in field[1]
    assert "FR, " in text_of(served.get(f"/{first.removeprefix('./').partition('#')[0]}").text)


@pytest.mark.parametrize(
    ("query", "words"),
    [
        ("gpu=V100", "Hours, each run: how long did it run?"),
        ("gpu=V100&hours=1&gpu=A100", "Hardware A100: was given before as 'V100'; give it once"),
        ("gpu=V100&hours=1&hour=2", "hour 2: is no parameter here"),
        ("gpu=V100&hours=1&if_gpu=V1000", "Hardware, what if V1000: unknown accelerator"),
        ("gpu=V100&hours=1&gpu_hours=2", "Accelerator-hours in total, instead of hours 2: give either"),
    ],
)
def test_every_fault_is_told_in_words(served: Service, query: str, words: str) -> None:
    """With the labels of the form."""
    assert words in text_of(served.ask(f"/?{query}").text)


def test_nothing_of_an_input_acts(served: Service) -> None:
    """What is typed stands on the page as text, whatever it is."""
    nasty = '"><script>alert(1)</script>{{ 7 * 7 }}\u202e'
    page = served.get("/", gpu=nasty, hours=nasty, location=nasty).text
    assert "<script>alert" not in page
    assert "{{ 7 * 7 }}" in html.unescape(page)
    assert "\u202e" not in page


@pytest.mark.parametrize("path", ["/", "/?gpu=V100&hours=96&location=FR&if_location=PL", "/?gpu=x", "/api", "/runs"])
def test_pages_hold_nothing_that_the_policy_forbids(served: Service, path: str) -> None:
    """No inline script or style, no handler, nothing loaded from elsewhere; links to sources say nothing of here."""
    page = served.ask(path).text
    assert not re.search(r"<style|\sstyle=|\son\w+=|javascript:", page)
    assert re.findall(r"<script[^>]*>", page) == ['<script src="./static/page.js" defer>']
    assert not re.search(r'(?:src|action)="(?:https?:)?//', page)
    for link in re.findall(r'<a href="http[^>]*>', page):
        assert 'rel="noopener noreferrer"' in link


def test_names_are_offered_from_the_whole_catalogue(served: Service) -> None:
    """Beginnings first; towns, centres and aliases too; each can be estimated."""
    assert served.get("/names/hardware", q="h100").json["names"][0] == "H100"
    assert "Paris, France" in served.get("/names/places", q="paris").json["names"]
    assert "LUMI" in served.get("/names/places", q="lum").json["names"]
    assert served.get("/names/places", q="").json == {"names": []}
    assert served.get("/names/other", q="x").status == 404
    for name in served.get("/names/places", q="frank").json["names"]:
        assert served.get("/v1/estimate", gpu="V100", hours=1, location=name).status == 200, name


def test_the_names_in_the_page_can_be_estimated(served: Service) -> None:
    """But for names of several things, which the page then asks about."""
    page = served.get("/").text
    listed = re.search(r'<datalist id="hardware">(.*?)</datalist>', page, re.DOTALL)
    assert listed
    names = [html.unescape(name) for name in re.findall(r'value="([^"]*)"', listed[1])]
    answers = served.post("/v1/estimates", [{"gpu": name, "hours": 1} for name in names]).json
    faults = [row["error"]["rule"] for row in answers["estimates"] if row["error"]]

    assert len(names) > 400
    assert len(faults) < 5
    assert all("no published power figure" in fault for fault in faults)


def test_own_files_are_kept_by_their_tags(served: Service) -> None:
    """Style, script and sign, and nothing else of the folder."""
    for name, kind in {"page.css": "text/css", "page.js": "text/javascript", "icon.svg": "image/svg+xml"}.items():
        found = served.get(f"/static/{name}")
        assert found.headers["content-type"].startswith(kind)
        assert served.ask(f"/static/{name}", If_None_Match=found.headers["etag"]).status == 304
    assert served.get("/static/..%2Fpages.py").status == 404
    assert served.get("/static/pages.py").status == 404


def test_own_profiles_are_used(tmp_path: Any) -> None:
    """A device of one's own is offered, found and estimated: 350 W of TDP."""
    (tmp_path / "accelerators.csv").write_text(
        "id,name,hardware_class,tdp_w,source\nexample-x1,Example X1,pcie-server,350,my lab\n"
    )
    with service(profiles=tmp_path) as own:
        assert own.get("/names/hardware", q="example").json["names"] == ["Example X1"]
        assert "Example X1" in own.get("/", gpu="Example X1", hours=1).text
        assert own.get("/v1/estimate", gpu="Example X1", hours=1).json["run"]["gpu"] == "example-x1"
