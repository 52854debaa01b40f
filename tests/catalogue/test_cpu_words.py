"""CPUs as operating systems, Python and people write them."""

import pytest

from greentrain import UnknownName, load_catalogue

HARDWARE = load_catalogue().hardware
READ = [
    ("Intel Xeon Gold 6248 x2", "Intel Xeon Gold 6248"),
    ("Intel Xeon Platinum 8168 x 4", "Intel Xeon Platinum 8168"),
    ("Intel Xeon E5-2697 v4 x2", "Intel Xeon E5-2697 v4"),
    ("AMD EPYC 7763 x2", "AMD EPYC 7763"),
    ("AMD EPYC 7742 (x2)", "AMD EPYC 7742"),
    ("2 x AMD EPYC 7763", "AMD EPYC 7763"),
    ("2x EPYC 7763 64-Core Processor", "AMD EPYC 7763"),
    ("AMD EPYC 9684X x2", "AMD EPYC 9684X"),
    ("40 x Intel(R) Xeon(R) Gold 6248 CPU @ 2.50GHz", "Intel Xeon Gold 6248"),
    ("12 x AMD Ryzen 5 3600 6-Core Processor", "AMD Ryzen 5 3600"),
    ("dual Intel Xeon Silver 4210 CPUs", "Intel Xeon Silver 4210"),
    ("2 sockets Intel Xeon Gold 6248", "Intel Xeon Gold 6248"),
    ("AMD Ryzen Threadripper PRO 3975WX 32-Cores", "AMD Ryzen Threadripper PRO 3975WX"),
    ("Intel Xeon Gold 6248 2.50GHz", "Intel Xeon Gold 6248"),
    ("Intel Xeon Gold 6248, 2.5 GHz", "Intel Xeon Gold 6248"),
    ("Intel Xeon Gold 6248 (20 cores)", "Intel Xeon Gold 6248"),
    ("Intel Xeon Gold 6248 (20C/40T)", "Intel Xeon Gold 6248"),
    ("Core i5-1135G7", "Intel Core i5-1135G7"),
    ("i7-1165G7", "Intel Core i7-1165G7"),
    ("11th Gen Intel(R) Core(TM) i7-1165G7 @ 2.80GHz", "Intel Core i7-1165G7"),
    ("AMD Ryzen 7 5800H with Radeon Graphics", "AMD Ryzen 7 5800H"),
    ("Ryzen 5600X", "AMD Ryzen 5 5600X"),
    ("Ryzen 9 5950X", "AMD Ryzen 9 5950X"),
    ("Xeon 6242", "Intel Xeon Gold 6242"),
    ("Apple M1 Pro", "Apple M1 Pro"),
    ("w9-3495X", "Intel Xeon w9-3495X"),
]
HIDDEN = [
    "AMD EPYC-Rome Processor", "AMD EPYC-Milan Processor", "AMD EPYC-Genoa Processor",
    "AMD EPYC 7J13 64-Core Processor", "AMD EPYC 7V12 64-Core Processor", "AMD EPYC 9V84 96-Core Processor",
    "AMD EPYC 7V73X", "AMD EPYC 9R14", "x86_64", "arm", "armv7l", "i386", "i686", "aarch64", "AMD64",
    "Intel64 Family 6 Model 158 Stepping 10, GenuineIntel", "AMD64 Family 23 Model 113 Stepping 0, AuthenticAMD",
    "Intel64 Family 6 Model 158", "VirtualApple @ 2.50GHz processor", "Intel Xeon Processor (Skylake, IBRS)",
]  # fmt: skip


@pytest.mark.parametrize(("text", "name"), READ, ids=[case[0] for case in READ])
def test_what_stands_around_a_cpu_is_read_off(text: str, name: str) -> None:
    """Counts of sockets, cores and threads, clock, marks and graphics; no digit goes from the number to a count."""
    assert HARDWARE.find_cpu(text).name == name


@pytest.mark.parametrize("text", HIDDEN)
def test_a_cpu_that_hides_its_model_is_a_rented_one(text: str) -> None:
    """Under its own name, without a TDP."""
    found = HARDWARE.find_cpu(text)

    assert (found.name, found.segment, found.tdp_w) == (text, "rented", None)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("AMD Xeon Gold 6248", "unknown CPU; did you mean Intel Xeon Gold 6248?"),
        ("Intel EPYC 7763", "unknown CPU; did you mean AMD EPYC 7763?"),
        ("Intel Xeon Gold 6248 v9", "unknown CPU; did you mean Intel Xeon Gold 6248?"),
        ("EPYC 7764", "unknown CPU; did you mean AMD EPYC 7763?"),
        ("PDP-11/70", "unknown CPU; 'greentrain profiles WORD' searches the catalogue"),
        ("N/A", "unknown CPU; 'greentrain profiles WORD' searches the catalogue; leave it out when unknown, or name a "
         "similar one"),
    ],
)  # fmt: skip
def test_an_unknown_cpu_is_never_taken_for_another(text: str, message: str) -> None:
    """Suggested is the same number, else one with a single other digit."""
    with pytest.raises(UnknownName) as caught:
        HARDWARE.find_cpu(text)

    assert str(caught.value) == f"cpu {text!r}: {message}"
