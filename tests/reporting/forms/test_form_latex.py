"""The form for papers; where TeX is installed, it is compiled."""

import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
from form_examples import exact, one_run, project, sized, with_footprint

from greentrain import InputError, Interval, estimate
from greentrain.inputs import Inputs
from greentrain.reporting import ReportData, report_data_of
from greentrain.reporting.bibliography import citation_fields
from greentrain.reporting.forms.latex import render

NASTY = "}a\\b{{c}$d$&#%_^~<>|\"`'\u00e9\u4e2d\U0001f331 \\input{/etc/passwd}"
TABLE = r"\ifcsname r@tab:greentrain\endcsname Table~\ref{tab:greentrain}\else the table of training runs\fi"
PAPER = r"""\documentclass{article}
\begin{document}
\input{greentrain}
\bibliographystyle{plain}
\bibliography{greentrain}
\end{document}
"""


def rows(data: ReportData, **options: str) -> list[str]:
    """Return the rows of the table without their commands."""
    table = render(data, **options).split("\\begin{tabular}")[1]
    found = [line for line in table.split("\n") if line.endswith(r"\\")]
    return [line.replace("\\raggedright ", "").replace("\\allowbreak{}", "").removesuffix(r" \\") for line in found]


def test_the_table_parts_reported_from_failed_runs() -> None:
    """Subtotals of both groups and the total of the project; a run of unknown energy is listed."""
    other = project().lines[0]._replace(id="2026-other", name="other", hardware="1 x A100")
    assert rows(project()._replace(lines=(*project().lines, other)))[1:3] == [
        "final & 8 $\\times$ Tesla V100-SXM2-16GB & 80 & 25.0 [20.0, 30.0] & 10.0 [8.00, 12.0]",
        "other & 1 $\\times$ A100 & 80 & 25.0 [20.0, 30.0] & 10.0 [8.00, 12.0]",
    ]


def test_rules_are_those_of_booktabs_where_a_paper_has_it() -> None:
    """And plain lines where it has not, for which the table itself provides; both compile."""
    text = render(project())
    assert re.findall(r"^\\[a-z]+rule$", text, re.MULTILINE) == [r"\toprule", *[r"\midrule"] * 2, r"\bottomrule"]
    assert re.findall(r"\\providecommand\{\\(\w+)\}\{\\hline\}", text) == ["toprule", "midrule", "bottomrule"]


def test_the_hardware_of_most_energy_is_named_and_hours_are_whole() -> None:
    """Of six kinds the four largest, whichever row they are in; 510,210 hours are no 510,200."""
    first = project().lines[0]
    lines = [
        with_footprint(
            first._replace(
                id=f"r{number}", name="r", hardware=f"{number} x A100", accelerator_hours=85_000 + 10.0 * number
            ),
            facility_energy_kwh=Interval(number, number, number),
        )
        for number in (1, 2, 3, 4, 5, 6)
    ]
    text = render(project()._replace(lines=tuple(lines)))
    assert "6 $\\times$ A100; 5 $\\times$ A100; 4 $\\times$ A100; 3 $\\times$ A100; and 2 more" in text
    assert "Subtotal,\\allowbreak{} reported runs & \\raggedright  & 510,210 &" in text


def test_hardware_that_all_runs_share_stands_in_the_caption() -> None:
    """Its column would make every row three lines high, and twenty runs longer than a page."""
    assert "Hardware of each run: 8 $\\times$ Tesla V100-SXM2-16GB.}" in render(project())
    assert rows(project()) == [
        "Run & GPU-hours & kWh & kg CO$_2$e",
        "final & 80 & 25.0 [20.0, 30.0] & 10.0 [8.00, 12.0]",
        "Subtotal, reported runs & 80 & 25.0 [20.0, 30.0] & 10.0 [8.00, 12.0]",
        "crash (failed) & 40 & 10.0 [8.00, 12.0] & 4.00 [3.20, 4.80]",
        "=lost (killed) & 8 & -- & --",
        "Subtotal, failed and preliminary runs & 48 & 10.0 [8.00, 12.0] & 4.00 [3.20, 4.80]",
        "Total & 128 & 35.0 [28.0, 42.0] & 14.0 [11.2, 16.8]",
    ]


def test_an_estimate_says_that_failed_runs_are_not_in_it() -> None:
    """In a row of its own."""
    found = rows(exact())
    assert found[2:] == [
        "Failed and preliminary runs & not included & -- & -- & --",
        "Total &  & 96 & 24.0 & 9.60",
    ]


def test_final_names_the_runs_of_the_paper() -> None:
    """By name or id; all others are preliminary, whatever became of them."""
    found = rows(project(), final="2026-crash")
    assert found[1].startswith("crash (failed)")
    assert found[3].startswith("final & ")
    with pytest.raises(InputError, match=r"^final 'x': is no name or id of a run of this report$"):
        render(project(), final="final, x")


def test_many_runs_are_summed_by_outcome() -> None:
    """31 of them are one row, and a failed one beside them is another: together they fit a page.

    Their meters and their grid are alike, so the ends add up too: 31 times 20 to 30 kWh, and 8 to 12 kg.
    """
    line = project().lines[0]
    lines = (*(line._replace(id=str(number)) for number in range(31)), project().lines[1])
    found = rows(project()._replace(lines=lines))
    assert found[1] == ("31 runs (completed) & 2480 & 775 [620, 930] & 310 [248, 372]").replace("2480", "2,480")
    assert found[3].startswith("1 run (failed) & 40 & 10.0 [8.00, 12.0] &")
    assert len(found) == 6


def test_what_is_each_runs_own_partly_cancels_in_a_subtotal() -> None:
    """Without anything shared the half-widths of 31 runs, 5 kWh and 2 kg, add up by their squares: times 5.568.

    775 - 27.8 = 747 kWh to 803 kWh; 310 - 11.1 = 299 kg to 321 kg.
    """
    line = project().lines[0]
    inputs = Inputs(item._replace(key="") for item in line.footprint.inputs)
    line = line._replace(footprint=line.footprint._replace(inputs=inputs))
    found = rows(project()._replace(lines=tuple(line._replace(id=str(number)) for number in range(31))))
    assert found[1] == "31 runs (completed) & 2,480 & 775 [747, 803] & 310 [299, 321]"


def test_large_figures_are_in_mwh_and_tonnes() -> None:
    """1,287 MWh, 552 t."""
    energy, kg = Interval(1e6, 1.287e6, 2e6), Interval(4e5, 5.521e5, 9e5)
    text = render(with_footprint(exact(), facility_energy_kwh=energy, operational_kg=kg))
    assert "1,290~MWh (90\\,\\% interval 1,000 to 2,000~MWh) of electricity" in text
    assert "552~t CO$_2$e (90\\,\\% interval 400 to 900~t CO$_2$e)" in text


def test_the_paragraph() -> None:
    """Verb, hardware, hours, figures, boundary, runs, factor with citation, versions."""
    text = " ".join(render(project()).split("\\paragraph")[1].split("\\begin{table}")[0].split())
    assert text == (
        "{Energy and emissions.} We measured that training on 8 $\\times$ Tesla V100-SXM2-16GB for 128 GPU-hours used "
        "35.0~kWh (90\\,\\% interval 28.0 to 42.0~kWh) of electricity, which emitted 14.0~kg CO$_2$e (90\\,\\% "
        "interval 11.2 to 16.8~kg CO$_2$e) (operational, location-based). The figures cover the whole facility, that "
        "is computers (accelerators and host) with cooling and power supply; IT energy times a PUE of 1.25. They "
        "comprise 3 runs of the project: 1 completed, 1 failed, 1 killed; those that did not complete took 29 \\% of "
        "the energy; 1 of unknown energy is not in the sums. Carbon intensity: 400 g CO$_2$e/kWh (FR, 2025; "
        "life-cycle, location-based)~\\cite{greentrain:ember_2026_10}. Computed with greentrain 1.2.3, data 2026.11, "
        "codecarbon 3.3.2~\\cite{greentrain}; Table~\\ref{tab:greentrain} lists the runs."
    )


def test_the_sentence_for_neurips() -> None:
    """Compute in total, per run in the table, and whether the project needed more."""
    text = render(project(), checklist="neurips")
    assert text == (
        "Training used 8 $\\times$ Tesla V100-SXM2-16GB for 128 GPU-hours in France (FR), in total, as we measured, "
        "35.0~kWh (90\\,\\% interval 28.0 to 42.0~kWh) and 14.0~kg CO$_2$e (90\\,\\% interval 11.2 to "
        "16.8~kg CO$_2$e); "
        f"{TABLE} states the compute of each run, and its total includes runs that did not "
        "complete (29\\,\\% of the energy), and 1 run of unknown energy is not in it. The machines: memory not stated; "
        "storage not stated; cloud or internal cluster: not stated.\n"
        "% The question asks for the memory too: --memory states it.\n"
        "% The question asks for the storage too: --storage states it.\n"
        "% The question asks for cloud or cluster too: --infrastructure states it.\n"
    )
    assert "and failed and preliminary runs of the project are not included." in render(exact(), checklist="neurips")
    assert "and other runs of the project are not included." in render(one_run(), checklist="neurips")
    whole = project()._replace(lines=project().lines[:1])
    assert "and no tracked run of the project failed." in render(whole, checklist="neurips")
    unread = whole._replace(unreadable=2)
    assert "of each run, and the records of 2 further runs cannot be read." in render(unread, checklist="neurips")


def test_the_sentence_for_neurips_counts_preliminary_runs() -> None:
    """With one run of the paper named, the other's 10 of 35 kWh are 29 %; all named, there is no other."""
    text = render(project()._replace(lines=project().lines[:2]), checklist="neurips", final="final")
    assert "and its total includes failed and preliminary runs (29\\,\\% of the energy). The machines" in text
    text = render(project(), checklist="neurips", final="final, crash, =lost")
    assert "and no other run of it was tracked, and 1 run of unknown energy is not in it. The machines" in text


def test_the_sentence_for_neurips_does_not_promise_rows_that_are_summed() -> None:
    """31 runs are no longer listed each."""
    line = project().lines[0]
    lines = tuple(line._replace(id=str(number)) for number in range(31))
    text = render(project()._replace(lines=lines), checklist="neurips")
    assert f"{TABLE} sums the compute of the runs by outcome and hardware, and no tracked" in text


@pytest.mark.parametrize(
    ("given", "options", "expected"),
    [
        ({"gpu": "A100-SXM4-80GB"}, {}, "memory 80 GB per accelerator; storage not stated; cloud"),
        ({"gpu": "A100"}, {}, "memory not stated; storage"),
        ({"gpu": "V100 SXM2", "cpu_cores": 8, "memory_gb": 64}, {}, "memory 64 GB of main memory; storage"),
        ({"gpu": "T4"}, {"memory": "1 TB per node"}, "memory 1 TB per node; storage"),
        ({"gpu": "A100 80GB"}, {"storage": "2 TB_x"}, "memory 80 GB per accelerator; storage 2 TB\\_x; cloud"),
        ({"gpu": "T4"}, {"infrastructure": "onPremise"}, "memory 16 GB per accelerator; storage not stated; "
         "cloud or internal cluster: an internal cluster."),
        ({"instance": "p3.2xlarge"}, {}, "memory 16 GB per accelerator and 61 GB of main memory per instance; storage"),
        ({"gpu": "T4", "location": "aws:eu-west-3"}, {}, "cloud or internal cluster: a public cloud."),
    ],
)  # fmt: skip
def test_the_machines_for_neurips(given: dict[str, Any], options: dict[str, str], expected: str) -> None:
    """Memory where all devices of the name have the same, storage as stated, a provider's region is a cloud."""
    text = render(report_data_of(estimate(hours=2, **given)), checklist="neurips", **options)
    assert expected in text
    assert ("--storage states it" in text) is ("storage" not in options)


def test_an_unknown_infrastructure() -> None:
    """The same words as in the form boamps."""
    rule = "must be publicCloud, privateCloud, onPremise or other"
    with pytest.raises(InputError, match=f"^infrastructure 'shed': {rule}$"):
        render(exact(), checklist="neurips", infrastructure="shed")


def test_greentrain_is_cited_by_its_file() -> None:
    """With address and DOI where CITATION.cff has them, quoted or not; without either, by its licence."""
    text = "title: x\nurl: 'https://example.org/a_b'\ndoi: 10.5281/zenodo.1\nauthors:\n  - url: https://no\n"
    assert citation_fields(text) == {
        "url": "https://example.org/a_b",
        "doi": "10.5281/zenodo.1",
        "note": "https://example.org/a\\_b",
    }
    assert citation_fields("repository-code: https://example.org/r\n")["url"] == "https://example.org/r"
    assert citation_fields("title: x\n") == {}
    assert citation_fields("title: x\nlicense: MIT\n") == {"howpublished": "Software under the MIT license"}
    entry = render(exact()).split("@misc{greentrain,")[1].split("\n}")[0]
    known = citation_fields((Path(__file__).parents[3] / "CITATION.cff").read_text())
    assert all(f"{name} = {{{value}}}" in entry for name, value in known.items())


@pytest.mark.slow
@pytest.mark.skipif(shutil.which("pdflatex") is None, reason="pdflatex is not installed (Debian: texlive-latex-base)")
@pytest.mark.parametrize("checklist", ["neurips", "acl"])
def test_an_answer_compiles_alone(checklist: str, tmp_path: Path) -> None:
    """Without the table: nothing is undefined."""
    paper = (
        f"\\documentclass{{article}}\n\\begin{{document}}\n{render(sized(), checklist=checklist)}\\end{{document}}\n"
    )
    (tmp_path / "paper.tex").write_text(paper)
    command = ["pdflatex", "-interaction=nonstopmode", "-halt-on-error", "paper"]
    for _ in range(2):
        done = subprocess.run(command, cwd=tmp_path, capture_output=True, timeout=120, check=False)
        assert done.returncode == 0, done.stdout[-2000:]
    assert "undefined" not in (tmp_path / "paper.log").read_text(errors="replace")


def test_a_run_that_failed_has_its_row() -> None:
    """Whatever became of it: it is what was asked for."""
    line = project().lines[1]
    found = rows(one_run()._replace(lines=(line,)))
    assert found[1:] == [
        "crash (failed) & 8 $\\times$ Tesla V100-SXM2-16GB & 40 & 10.0 [8.00, 12.0] & 4.00 [3.20, 4.80]",
        "Total &  & 40 & 25.0 [20.0, 30.0] & 10.0 [8.00, 12.0]",
    ]


def test_without_accelerators_the_time_is_wall_clock() -> None:
    """Item 8 and C1 ask for the time; a TPU is no GPU."""
    data = report_data_of(estimate(cpu="AMD EPYC 7763", cpu_cores=64, memory_gb=256, hours=10, runs=2))
    found = rows(data)
    assert found[0] == "Run & Hardware & Hours & kWh & kg CO$_2$e"
    assert [row.split(" & ")[2] for row in found[1:]] == ["20", "--", "20"]
    assert "Training used 64 cores of AMD EPYC 7763 for 20 hours, in" in render(data, checklist="neurips")
    assert "without failed and preliminary runs, was 20 hours, which used" in render(data, checklist="acl")
    tpus = report_data_of(estimate("TPUv4", count=128, hours=200))
    assert "Google TPU v4 (chip) for 25,600 device-hours" in render(tpus)
    assert rows(tpus)[0] == "Run & Hardware & Device-hours & MWh & kg CO$_2$e"


def test_small_figures_are_in_wh_and_grams() -> None:
    """0.0252 kWh and 0.01008 kg; rows of decimals behind zeros would run out of the page."""
    energy, kg = Interval(0.02, 0.0252, 0.03), Interval(0.008, 0.01008, 0.012)
    text = render(with_footprint(exact(), facility_energy_kwh=energy, operational_kg=kg))
    assert "25.2~Wh (90\\,\\% interval 20.0 to 30.0~Wh) of electricity" in text
    assert "10.1~g CO$_2$e (90\\,\\% interval 8.00 to 12.0~g CO$_2$e)" in text
    assert "& Wh & g CO$_2$e" in text


def test_short_times_are_in_smaller_units() -> None:
    """8 cores for 3.6 s; of GPUs the words say whose time it is: 8 x 36 s are 4.8 minutes."""
    seconds = report_data_of(estimate(cpu="AMD EPYC 7763", cpu_cores=8, hours=0.001))
    assert "on 8 cores of AMD EPYC 7763 for 3.6 s used" in render(seconds)
    assert [row.split(" & ")[2] for row in rows(seconds)] == ["Seconds", "3.6", "--", "3.6"]
    gpus = report_data_of(estimate("V100", count=8, hours=0.01))
    assert " for 4.8 min of GPU time used" in render(gpus)
    assert [row.split(" & ")[2] for row in rows(gpus)] == ["GPU-minutes", "4.8", "--", "4.8"]
    assert "was 4.8 min of GPU time, which used" in render(gpus, checklist="acl")


def test_what_is_too_small_for_its_column_is_less_than_a_thousandth() -> None:
    """25 kWh and 0.0009 kWh in one column; a part of an unknown whole, at least so much, keeps its figure."""
    first = one_run().lines[0]
    tiny = Interval(0.0005, 0.0009, 0.002)
    low = first.footprint._replace(facility_energy_kwh=tiny, operational_kg=tiny)
    small = first._replace(name="small", accelerator_hours=0.0004, footprint=low)
    cells = rows(project()._replace(lines=(first, small)))
    assert cells[2] == "small & $<$0.001 & $<$0.001 & $<$0.001"
    cells = rows(project()._replace(lines=(first, small._replace(unmeasured=("cpu",)))))
    assert cells[2].split(" & ")[2] == r"$\geq$\,0.000900 [0.000500, 0.00200]"


def test_the_sentence_for_acl() -> None:
    """Parameters, budget, infrastructure."""
    assert render(sized(), checklist="acl") == (
        "The model has 1 billion parameters, the computational budget, without failed and preliminary runs, was 1,600 "
        "GPU-hours, which used 600~kWh and emitted 240~kg CO$_2$e, and the computing infrastructure was 8 $\\times$ "
        f"NVIDIA A100 SXM4 80GB ({TABLE}).\n"
    )


def test_parameters_that_are_not_known_are_asked_for() -> None:
    """In a comment, so that the sentence claims nothing of them."""
    sentence, hint = render(project(), checklist="acl").splitlines()
    assert sentence.startswith("The total computational budget was 128 GPU-hours, ")
    assert sentence.endswith(f"in France (FR) ({TABLE}).")
    assert hint == "% The question asks for the number of parameters too: --params states it."
    words = "The computational budget of this run, without others of its project, was 80 GPU-hours, "
    assert render(one_run(), checklist="acl").startswith(words)


def test_an_unknown_checklist() -> None:
    """One of two."""
    with pytest.raises(InputError, match=r"^checklist 'icml': must be neurips or acl$"):
        render(exact(), checklist="icml")


def test_the_bibliography_names_the_sources_once() -> None:
    """Keys that BibTeX takes, each of them cited; what the user said himself is no publication."""
    text = render(report_data_of(estimate("V100", hours=96, location="FR", power=250)))
    keys = re.findall(r"^@misc\{(.*),$", text, re.MULTILINE)
    assert len(keys) == len(set(keys))
    assert keys[0] == "greentrain"
    assert not {"greentrain:user", "greentrain:greentrain_judgement"} & set(keys)
    cited = re.findall(r"\\cite\{(.*?)\}", text)
    assert {key for group in cited for key in group.split(",")} == set(keys)


@pytest.mark.slow
@pytest.mark.skipif(shutil.which("pdflatex") is None, reason="pdflatex is not installed (Debian: texlive-latex-base)")
@pytest.mark.parametrize("kind", ["estimate", "project", "nasty"])
def test_it_compiles(kind: str, tmp_path: Path) -> None:
    """With an article of its own, bibliography and all, without overfull lines; special characters do no harm."""
    data = {"estimate": sized(), "project": project(), "nasty": nasty()}[kind]
    (tmp_path / "greentrain.tex").write_text(render(data) + "\n" + render(data, checklist="neurips"))
    (tmp_path / "paper.tex").write_text(PAPER)
    for program in (["pdflatex", "-interaction=nonstopmode", "-halt-on-error"], ["bibtex"], ["pdflatex"], ["pdflatex"]):
        command = [
            *program,
            *(["-interaction=nonstopmode", "-halt-on-error"] if program == ["pdflatex"] else []),
            "paper",
        ]
        done = subprocess.run(command, cwd=tmp_path, capture_output=True, timeout=120, check=False)
        assert done.returncode == 0, done.stdout[-2000:]
    log = (tmp_path / "paper.log").read_text(errors="replace")
    assert re.findall(r"(?:Citation|Reference) `.*?' .* undefined", log) == []
    if kind != "nasty":
        assert re.findall(r"Overfull \\hbox \((\d{2,})\.", log) == []
    assert (tmp_path / "paper.pdf").read_bytes().startswith(b"%PDF")


def nasty() -> ReportData:
    """Return a project whose names hold everything that TeX minds."""
    found = project()
    lines = tuple(line._replace(name=NASTY, hardware=NASTY) for line in found.lines)
    sources = {key: {**source, "title": NASTY, "url": NASTY} for key, source in found.sources.items()}
    return found._replace(title=NASTY, lines=lines, sources=sources)
