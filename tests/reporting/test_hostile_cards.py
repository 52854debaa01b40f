"""Cards of strangers, as continuous integration checks them: refused in one line, or written, and never waited for."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from greentrain.cli import run

RUN = ["--gpu", "V100", "--hours", "1"]
ALIASES = "a0: &a0 [x,x,x,x,x,x,x,x,x]\n" + "".join(
    f"a{level}: &a{level} [{','.join([f'*a{level - 1}'] * 9)}]\n" for level in range(1, 9)
)
MERGES = "b0: &b0 {x: 1}\n" + "".join(
    f"b{level}: &b{level}\n  <<: [{', '.join([f'*b{level - 1}'] * 9)}]\n" for level in range(1, 9)
)
REFUSED = {
    "aliases": (ALIASES, "has aliases for more than 10,000 keys and values"),
    "merges": (MERGES, "has aliases for more than 10,000 keys and values"),
    "an alias of itself": ("a: &a [*a]\n", "is not YAML, line 2"),
    "no such anchor": ("a: *b\n", "is not YAML, line 2"),
    "no such date": ("x: 1\ndate: 2024-13-45\n", "is not YAML, line 3"),
    "no such hour": ("d: 2024-01-01 25:61:00\n", "is not YAML, line 2"),
    "no such zone": ("d: 2024-01-01T00:00:00+99:00\n", "is not YAML, line 2"),
    "no digits": ("n: 0b_\n", "is not YAML, line 2"),
    "no hexadecimal digits": ("n: 0x_\n", "is not YAML, line 2"),
    "no integer": ("n: !!int abc\n", "is not YAML, line 2"),
    "no float": ("n: !!float abc\n", "is not YAML, line 2"),
    "no truth": ("n: !!bool abc\n", "is not YAML, line 2"),
    "a long number": (f"n: {'9' * 5000}\n", "is not YAML, line 2"),
    "a number to the base of sixty": (f"n: 1{':59' * 100_000}\n", "is not YAML, line 2"),
    "lists in lists": ("n: " + "[" * 3000 + "]" * 3000 + "\n", "is n"),
    "lists without an end": ("n: " + "[" * 400_000 + "\n", "is n"),
    "mappings in mappings": ("".join(f"{' ' * depth}k:\n" for depth in range(300)), "is nested deeper than 100 levels"),
    "a list as a key": ("co2_eq_emissions:\n  ? [a]\n  : 1\n", "has a list or mapping as a key, line 3"),
    "a mapping as a key": ("{a: 1}: 1\n", "has a list or mapping as a key, line 2"),
    "a key twice": ("license: mit\nlicense: gpl\n", "has license twice"),
    "a key twice inside": ("a:\n  b: 1\n  b: 2\n", "has b twice"),
    "an object": ("a: !!python/object/apply:os.system [touch x]\n", "is not YAML, line 2"),
    "a set": ("a: !!set {b, c}\n", "is not YAML, line 2"),
    "a tag of its own": ("a: !mine 1\n", "is not YAML, line 2"),
    "two documents": ("a: 1\n--- \nb: 1\n", None),
    "a control character": ("a: \x01\n", "is not YAML"),
    "a tab": ("a:\n\tb: 1\n", "is not YAML"),
    "a megabyte": (f"a: {'x' * 1_000_000}\n", "is longer than 1,000,000 characters"),
    "many values": ("a: [" + "x," * 60_000 + "]\n", "has more than 50,000 keys and values"),
    "many keys": ("".join(f"k{number}: v\n" for number in range(26_000)), "has more than 50,000 keys and values"),
    "emissions from elsewhere": (
        "base: &b\n  co2_eq_emissions: 1\n<<: *b\n",
        "cannot be edited safely; set co2_eq_emissions by hand",
    ),
}
WRITTEN = {
    "a heading with blanks inside": ("license: mit\n", "## x" + " " * 200_000 + "y\n"),
    "a heading with marks inside": ("license: mit\n", "## " + "# " * 100_000 + "y\n"),
    "underlines": ("license: mit\n", ("x\n" + "=" * 50_000 + " y\n") * 3),
    "fences": ("license: mit\n", "```\n" * 50_001 + "~" * 100_000),
    "comments": ("license: mit\n", "<!-- " * 100_000 + "\n" * 50_000),
    "figures": ("license: mit\n", "## Environmental Impact\n" + "1," * 100_000 + "\n" + "1gCO2-" * 50_000 + "/kWh\n"),
    "digits": ("license: mit\n", "## Environmental Impact\n" + "1" * 200_000 + " " * 100_000 + "\n"),
    "facts": ("license: mit\n", "## Environmental Impact\n" + "- **Hardware Type:** x\n" * 20_000),
    "words": ("license: mit\n", "## Environmental Impact\n" + "not " * 50_000 + "met" * 50_000 + "\n"),
    "infinite": ("co2_eq_emissions: .inf\n", "# m\n"),
    "not a number": ("co2_eq_emissions:\n  emissions: .nan\n", "# m\n"),
    "huge": (f"co2_eq_emissions:\n  emissions: {'9' * 390}\n", "# m\n"),
    "many keys": ("".join(f"k{number}: v\n" for number in range(20_000)), "# m\n"),
    "numbers with commas": ("license: mit\n", "## Environmental Impact\n" + "1," * 450_000 + "\n"),
    "numbers with commas beside": ("license: mit\n", "1," * 450_000 + "\n" + "1.1," * 10_000 + "5 kg of CO2x\n"),
    "lines without words": ("license: mit\n", "\n" * 900_000),
    "lines of a letter": ("license: mit\n", "x\n" * 450_000),
    "lines of a letter in the section": ("license: mit\n", "## Environmental Impact\n" + "x\n" * 450_000),
    "figures in lines": ("license: mit\n", "## Environmental Impact\n" + "|a|5 kg CO2e|\n" * 70_000),
    "lines that come again": ("license: mit\n", "".join(f"x{number % 101}\n" for number in range(200_000))),
    "an opening without an end": ("license: mit\n", "--- x\n" * 150_000),
}


def card_of(folder: Path, front: str, body: str = "# m\n") -> Path:
    """Write a card."""
    path = folder / "card.md"
    path.write_text(f"---\n{front}---\n{body}", encoding="utf-8")
    return path


@pytest.mark.parametrize("name", REFUSED)
@pytest.mark.parametrize("how", [[], ["--check"], ["--diff"]], ids=["write", "check", "diff"])
def test_a_card_that_is_none_is_refused(
    tmp_path: Path, name: str, how: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    """In one line that says why, with code 1, and the card is as it was."""
    front, reason = REFUSED[name]
    path = card_of(tmp_path, front)
    before = path.read_bytes()
    assert run(["card", str(path), *RUN, *how]) == (1 if reason else 0 if how != ["--check"] else 1)
    said = capsys.readouterr()
    if reason:
        assert said.err.startswith(f"greentrain: {path}: card: the front matter {reason}")
        assert (said.err.count("\n"), said.out) == (1, "")
        assert path.read_bytes() == before
    assert list(tmp_path.iterdir()) == [path]


_MEASURED = """
import json, sys
from greentrain.cli import run
code = run(sys.argv[1:])
# The peak of this program; the peak that getrusage shows may be the one of the program that started it.
(peak,) = [line.split()[1] for line in open("/proc/self/status") if line.startswith("VmHWM:")]
print(json.dumps([code, int(peak)]))
"""


@pytest.mark.slow
@pytest.mark.parametrize("name", [*REFUSED, *WRITTEN])
def test_a_card_takes_little_memory_and_no_long_time(tmp_path: Path, name: str) -> None:
    """At most 100 MiB; what takes time that grows with a square of these sizes would not end in this time."""
    front, body = WRITTEN.get(name) or (REFUSED[name][0], "# m\n")
    path = card_of(tmp_path, front, body)
    is_refused = name not in WRITTEN and REFUSED[name][1] is not None
    for how, refusal in (("--check", 1), ("--diff", int(is_refused))):
        words = [sys.executable, "-c", _MEASURED, "card", str(path), *RUN, how]
        done = subprocess.run(words, capture_output=True, text=True, timeout=20, check=True)
        code, most_kib = json.loads(done.stdout.splitlines()[-1])
        assert (code, done.stderr.count("\n")) == (refusal, refusal)
        assert most_kib < 100 * 1024


@pytest.mark.parametrize("name", WRITTEN)
def test_an_odd_card_keeps_all_that_it_had(tmp_path: Path, name: str) -> None:
    """A figure that is none is replaced; a second time changes nothing."""
    front, body = WRITTEN[name]
    path = card_of(tmp_path, front, body)
    assert run(["card", str(path), *RUN, "--replace"]) == 0
    once = path.read_bytes()
    assert run(["card", str(path), *RUN, "--replace"]) == 0
    assert path.read_bytes() == once
    if name != "facts":
        assert body.splitlines()[0].encode() in once


def test_only_a_regular_file_is_a_card(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A pipe would make a check wait for ever, and a device has no end."""
    pipe, device, large = tmp_path / "pipe", tmp_path / "device", tmp_path / "large"
    os.mkfifo(pipe)
    device.symlink_to("/dev/zero")
    with large.open("wb") as file:
        file.truncate(2**40)
    for path, reason in ((pipe, "is not a file"), (device, "is not a file"), (large, "is longer than 8 MiB")):
        assert run(["card", str(path), *RUN, "--check"]) == 2
        assert capsys.readouterr().err == f"greentrain: {path}: cannot be read: {reason}\n"
