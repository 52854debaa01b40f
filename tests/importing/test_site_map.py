"""A site's map, its first draft, and names that are hashed."""

import re
import tomllib
from pathlib import Path

import pytest
from foreign_texts import audit_of, runs_of, sacct_text

from greentrain.errors import DataError, InputError
from greentrain.importing import import_runs, suggest_map

MAP = """
[site]
location = "FR"
pue = 1.1
time_zone = "Europe/Berlin"
[gpu."big"]
device = "H100-SXM5-80GB"
[gpu."piece"]
device = "A100-SXM4-40GB"
share = "3/7"
[partition."fat"]
gpu = "big"
gpus_per_node = 4
node_max_w = 4000
location = "PL"
"""


@pytest.fixture
def site(tmp_path: Path) -> str:
    """Give the path of a map."""
    path = tmp_path / "site.toml"
    path.write_text(MAP)
    return str(path)


def test_types_partitions_places_and_zone(tmp_path: Path, site: str) -> None:
    """A type of the site's own, a partition's GPU, a share of a board; a partition's place comes before the site's."""
    rows = [
        {"JobIDRaw": "1", "AllocTRES": "gres/gpu:big=2"},
        {"JobIDRaw": "2", "AllocTRES": "gres/gpu=2", "Partition": "fat"},
        {"JobIDRaw": "3", "AllocTRES": "gres/gpu:piece=7"},
    ]
    runs = runs_of(tmp_path, sacct_text(*rows), map=site)
    assert [(run.hardware, run.location, run.gpu_hours) for run in runs] == [
        ("h100-sxm", "FR", 2.0),
        ("h100-sxm", "PL", 2.0),
        ("a100-sxm4-40gb", "FR", pytest.approx(3.0)),
    ]
    # Midnight in Berlin is 23:00 of the day before in UTC.
    assert runs[0].to_dict()["started"] == "2026-02-28T23:00:00Z"
    footprint = runs[0].footprint
    assert footprint is not None
    assert footprint.facility_energy_kwh is not None
    assert footprint.it_energy_kwh is not None
    assert footprint.facility_energy_kwh.best == pytest.approx(1.1 * footprint.it_energy_kwh.best)


@pytest.mark.parametrize(
    ("gpus", "watts", "flag", "energy"),
    [
        (4, 3000, None, "measured"),
        (4, 4500, "implausible_power", "estimated"),
        (1, 3000, "shared_node", "estimated"),
    ],
)
def test_the_meter_of_a_node(tmp_path: Path, site: str, gpus: int, watts: int, flag: str | None, energy: str) -> None:
    """4,000 W and a tenth are the most; a job with one of four GPUs shares its node's meter with others."""
    row = {"AllocTRES": f"gres/gpu={gpus}", "Partition": "fat", "ConsumedEnergyRaw": str(watts * 3600)}
    (run,) = runs_of(tmp_path, sacct_text(row), map=site)
    assert [finding.flag for finding in run.findings] == ([flag] if flag else [])
    assert run.footprint is not None
    assert run.footprint.basis == energy


@pytest.mark.parametrize(
    ("watts", "rule", "flags"),
    [
        (59, "cpus_per_node = 8", ("implausible_power",)),
        (60, "cpus_per_node = 8", ()),
        (1_650, "cpus_per_node = 8", ()),
        (1_651, "cpus_per_node = 8", ("implausible_power",)),
        (59, "node_idle_w = 50", ()),
        (49, "node_idle_w = 50", ("implausible_power",)),
        (2_200, "node_max_w = 2000", ()),
        (2_201, "node_max_w = 2000", ("implausible_power",)),
        (1_651, "cpus_per_node = 8\ngpus_per_node = 4", ()),
        (20_001, "cpus_per_node = 8\ngpus_per_node = 4", ("implausible_power",)),
    ],
)
def test_the_meter_of_a_mapped_node_without_accelerators(
    tmp_path: Path, watts: int, rule: str, flags: tuple[str, ...]
) -> None:
    """60 W to 1,500 W and a tenth, or what the map states; a node that has accelerators of its own may draw more."""
    (tmp_path / "site.toml").write_text(f"[partition.p]\n{rule}\n")
    row = {"Partition": "p", "ConsumedEnergyRaw": str(watts * 3600)}
    (run,) = runs_of(tmp_path, sacct_text(row), map=str(tmp_path / "site.toml"))
    assert run.flags == flags


@pytest.mark.parametrize(
    ("hosts", "pattern", "is_among"),
    [
        ("fat[01-08]", "fat[01-08]", True),
        ("fat03", "fat[01-08]", True),
        ("fat[02-04,07]", "fat[01-08]", True),
        ("fat[02-04].cluster", "fat[01-08]", True),
        ("fat09", "fat[01-08]", False),
        ("fat[07-09]", "fat[01-08]", False),
        ("fat3", "fat[01-08]", False),
        ("fat0", "fat[01-08]", False),
        ("fat[01-02]", "fat*", True),
        ("fat01,thin01", "fat*,thin*", True),
        ("thin01", "fat*", False),
        ("n7", "n?", True),
        ("n[1-2]", "n[[]1-2]", True),
        ("n1", "n1,n2", True),
        ("n1,n2", "n1", False),
        ("None assigned", "n1", False),
    ],
)
def test_nodes_of_a_map(tmp_path: Path, hosts: str, pattern: str, is_among: bool) -> None:
    """A rule is of a job all of whose nodes are among those that it names, as Slurm lists them or with wildcards."""
    (tmp_path / "site.toml").write_text(f'[node."{pattern}"]\nlocation = "FR"')
    (run,) = runs_of(tmp_path, sacct_text({"NodeList": hosts}), map=str(tmp_path / "site.toml"))
    assert (run.location == "FR") is is_among


def test_a_share_is_a_part_of_the_energy_too(tmp_path: Path, site: str) -> None:
    """Seven times three sevenths of an A100 are three of them, in hours and in energy."""
    (tmp_path / "whole.toml").write_text('[gpu."piece"]\ndevice = "A100-SXM4-40GB"')
    pieces = audit_of(tmp_path, sacct_text({"AllocTRES": "gres/gpu:piece=7"}), map=site, location="FR")
    whole = audit_of(
        tmp_path, sacct_text({"AllocTRES": "gres/gpu:piece=3"}), map=str(tmp_path / "whole.toml"), location="FR"
    )
    assert pieces.totals.gpu_hours == pytest.approx(whole.totals.gpu_hours) == 3
    assert pieces.totals.it_energy_kwh is not None
    assert whole.totals.it_energy_kwh is not None
    assert tuple(pieces.totals.it_energy_kwh) == pytest.approx(tuple(whole.totals.it_energy_kwh))


@pytest.mark.parametrize(
    ("text", "rule"),
    [
        ("[gpus.a]", "has a table 'gpus': site, energy, gpu, partition or node are known; did you mean gpu?"),
        ("[site]\npue = 0.5", "site.pue = 0.5: pue must be 1 or more"),
        ("[site]\nwhere = 'x'", "site has 'where': location, pue or time_zone are known"),
        ("[site]\nlocaton = 'x'", "site has 'locaton': location, pue or time_zone are known; did you mean location?"),
        ("[gpu.a]\ndevise = 'A100'", "gpu.\"a\" has 'devise': device or share are known; did you mean device?"),
        ("[gpu.a]\nshare = '1/0'", "gpu.\"a\".share = '1/0': share must be a part of a board, such as 3/7"),
        ("[gpu.a]\nshare = '8/7'", "gpu.\"a\".share = '8/7': share must be a part of a board, such as 3/7"),
        ("[gpu.a]\nshare = true", 'gpu."a".share = True: share must be a part of a board, such as 3/7'),
        ("[gpu]\na = 1", 'gpu needs a table for each, such as [gpu."a"]'),
        ("[energy]\nsource = 'x'", "energy.source = 'x': source must be node, cpu or ignore"),
        (
            "[partition.'g p']\ngpus_per_node = 'x'",
            "partition.\"g p\".gpus_per_node = 'x': gpus_per_node must be a number above 0",
        ),
        ("[node.n1]\nlocation = 1", 'node."n1".location = 1: location must be text'),
        (
            "[gpu.a100]\ndevice = 'H1O0'",
            "gpu.\"a100\".device = 'H1O0': unknown accelerator; did you mean H100, ",
        ),
        ("[gpu.a]\ndevice = '8xA100'", "gpu.\"a\".device = '8xA100': means 8 of them, and a device is one"),
        ("[partition.x]\ngpu = 'FooB'", "partition.\"x\".gpu = 'FooB': unknown accelerator"),
        ("[gpu.big]\n[partition.x]\ngpu = 'bigg'", "did you mean big?"),
        ("[partition.x]\ncpu = 'EPYC 77423'", "partition.\"x\".cpu = 'EPYC 77423': unknown CPU"),
        (
            "[node.'n*']\nlocation = 'Germny'",
            "node.\"n*\".location = 'Germny': unknown place; did you mean DE (Germany), ",
        ),
        ("[site]\nlocation = 'unknown'", "site.location = 'unknown': means that the place is unknown"),
        (
            "[site]\ntime_zone = 'Europa/Berlin'",
            "site.time_zone = 'Europa/Berlin': must be a time zone such as Europe/Berlin or UTC",
        ),
        (
            "[partition.x]\nnode_idle_w = 3000\nnode_max_w = 300",
            'partition."x".node_idle_w = 3000: must be at most node_max_w, 300',
        ),
        ("[[", "is no TOML"),
    ],
)
def test_a_map_that_is_none_is_refused(tmp_path: Path, text: str, rule: str) -> None:
    """With the table, the key, the value, the rule that it breaks and the nearest names."""
    (tmp_path / "site.toml").write_text(text)
    with pytest.raises(DataError) as error:
        runs_of(tmp_path, sacct_text({}), map=str(tmp_path / "site.toml"))
    assert f"site.toml: {rule}" in str(error.value) or (rule.startswith("did") and str(error.value).endswith(rule))


@pytest.mark.parametrize("gpu", ["volta", "a100", "big", "A100 80GB", "h100_80gb"])
def test_names_of_a_map_are_those_of_slurm_too(tmp_path: Path, gpu: str) -> None:
    """A partition's GPU is a type of the map, or whatever a type of Slurm's may be called."""
    (tmp_path / "site.toml").write_text(f'[gpu.big]\ndevice = "H100"\n[partition.p]\ngpu = "{gpu}"')
    (run,) = runs_of(
        tmp_path, sacct_text({"AllocTRES": "gres/gpu=1", "Partition": "p"}), map=str(tmp_path / "site.toml")
    )
    assert run.flags == ()


def test_a_first_map_can_be_read_and_used(tmp_path: Path) -> None:
    """Types that the catalogue knows have their device, the others wait for one; odd names are quoted."""
    rows = [
        {"JobIDRaw": "1", "AllocTRES": "gres/gpu:a100=2", "Partition": 'g"p\\u'},
        {"JobIDRaw": "2", "AllocTRES": "gres/gpu:ours=2", "Partition": "cpu"},
    ]
    path = tmp_path / "foreign"
    path.write_text(sacct_text(*rows))
    text = suggest_map(path)
    found = tomllib.loads(text)
    assert found["gpu"] == {"a100": {"device": "a100-sxm4-40gb"}, "ours": {}}
    assert set(found["partition"]) == {'g"p\\u', "cpu"}
    (tmp_path / "site.toml").write_text(text)
    assert len(import_runs(path, map=tmp_path / "site.toml", dry_run=True).runs) == 2


ODD = (
    "a100_3g.20gb", "foo.bar", 'q"uo', "with space", "größe", "back\\slash", "#hash", "[x]", "'s", "\U0001f600",
    "a\u200bb", "foo_2g.10gb", "nvidia_h100_80gb_hbm3_1g.10gb",
)  # fmt: skip


@pytest.mark.parametrize("written", ODD)
def test_a_first_map_of_odd_names(tmp_path: Path, written: str) -> None:
    """It is read as it is, changes no hours, and is read once what is missing is filled in."""
    path = tmp_path / "foreign"
    row = {"AllocTRES": f"gres/gpu:{written}=2", "Partition": written}
    path.write_text(sacct_text(row, {"JobIDRaw": "2", "AllocTRES": "gres/gpu=1,gres/shard=2", "Partition": written}))
    before = import_runs(path, dry_run=True)
    text = suggest_map(path)
    filled = re.sub(r"(?m)^# (?=\w+ = )", "", text)
    for number, each in enumerate((text, filled)):
        (tmp_path / "site.toml").write_text(each)
        assert written in tomllib.loads(each)["gpu"]
        assert written in tomllib.loads(each)["partition"]
        audit = import_runs(path, map=tmp_path / "site.toml", dry_run=True)
        assert audit.totals.gpu_hours == before.totals.gpu_hours
        assert not (number and "unknown_hardware" in audit.runs[0].flags)


def test_a_first_map_of_parts_and_several_types(tmp_path: Path) -> None:
    """Parts wait for their share; a partition's GPU is stated where it has one type, and proposed where it has more."""
    rows = [
        {"JobIDRaw": "1", "AllocTRES": "gres/shard=2", "Partition": "p"},
        {"JobIDRaw": "2", "AllocTRES": "gres/gpu:a100=4", "Partition": "q", "NNodes": "2"},
        {"JobIDRaw": "3", "AllocTRES": "gres/gpu:v100=1", "Partition": "q"},
        {"JobIDRaw": "4", "AllocTRES": "gres/gpu:a100_1g.5gb=1", "Partition": "r"},
    ]
    path = tmp_path / "foreign"
    path.write_text(sacct_text(*rows))
    found = suggest_map(path)
    assert '[gpu."shard"]  # 2.0 h\n# device = "A100-SXM4-40GB"\n# share = "1/4"  # what one is of a board\n' in found
    assert '# gpu = "a100"  # what one without a type is\n# gpus_per_node = 2\n' in found
    assert [rule.get("gpu") for rule in tomllib.loads(found)["partition"].values()] == [None, None, None]


def test_a_slice_of_a_mapped_board_stays_one(tmp_path: Path) -> None:
    """Whatever device a map gives for it: 3 of 7, and of an A30 1 of 4, unless it states the share."""
    (tmp_path / "site.toml").write_text(
        '[gpu."own_3g.20gb"]\ndevice = "A100"\n[gpu."own_1g.6gb"]\ndevice = "A30"\n'
        '[gpu."own_2g.10gb"]\ndevice = "A100"\nshare = 0.25\n'
    )
    rows = [
        {"JobIDRaw": str(number), "AllocTRES": f"gres/gpu:own_{slice}=1"}
        for number, slice in enumerate(("3g.20gb", "1g.6gb", "2g.10gb"), 1)
    ]
    runs = runs_of(tmp_path, sacct_text(*rows), map=str(tmp_path / "site.toml"))
    assert [run.gpu_hours for run in runs] == [pytest.approx(3 / 7), 0.25, 0.25]


def test_hashed_names(tmp_path: Path) -> None:
    """The same user is the same hash in each import of a home, and no name is anywhere in what is stored."""
    path = tmp_path / "foreign"
    path.write_text(sacct_text({"User": "lovelace", "JobName": "lovelace-1", "NodeList": "lovelace-pc"}))
    first = import_runs(path, anonymise=True, project="p").runs[0].stated
    again = import_runs(path, anonymise=True, dry_run=True).runs[0].stated
    assert (first.user or "").startswith("user-")
    assert (first.user, first.name, first.hosts) == (again.user, again.name, again.hosts)
    stored = "".join(file.read_text() for file in (tmp_path / "home" / "imports").iterdir())
    assert "lovelace" not in stored


@pytest.mark.parametrize(
    "text",
    [
        "timestamp,project_name,duration,emissions,energy_consumed\n2026-03-01T08:59:00,lovelace,3500,0.2,0.65\n",
        "timestamp,hostname,index,power.draw [W]\n"
        + "".join(f"2026-03-03T08:00:{second:02d},lovelace,0,{second}\n" for second in (0, 1, 2, 40)),
        "timestamp,node,watts\n2026-03-02T08:00:00,lovelace,500\n2026-03-02T08:00:09,lovelace,500\n",
        "_runtime,lovelace - system.gpu.0.powerWatts\n0,100\n10,100\n",
        "2025-11-18 15:54:28 - Epoch 1:\n2025-11-18 15:54:28 - Duration: 0:00:33.57\n"
        "2025-11-18 15:54:28 - Average power usage (W) for gpu: 100.0\n",
    ],
)
def test_no_name_stands_anywhere_in_what_is_stored(tmp_path: Path, text: str) -> None:
    """Neither in keys nor notes nor the names of files, which may be those of people."""
    path = tmp_path / "lovelace_carbontracker.log"
    path.write_text(text)
    audit = import_runs(path, anonymise=True)
    assert (audit.files[0].imported, audit.files[0].it_energy_kwh is None) == (1, False)
    stored = "".join(file.read_text() for file in (tmp_path / "home" / "imports").iterdir())
    assert "lovelace" not in stored
    assert import_runs(path, anonymise=True).files[0].duplicates == 1


def test_names_that_look_like_hashes_are_hashed(tmp_path: Path) -> None:
    """A job called train-20240101 is no hash of ours."""
    path = tmp_path / "foreign"
    path.write_text(sacct_text({"JobName": "train-20240101"}))
    name = import_runs(path, anonymise=True, dry_run=True).runs[0].stated.name or ""
    assert name.startswith("name-")


def test_accelerators_without_a_name(tmp_path: Path) -> None:
    """What the user says of them; a name that nobody knows is refused at once."""
    text = "timestamp,index,power.draw [W]\n" + "\n".join(f"2024-10-30 18:42:{at:02d},0,300" for at in range(11))
    (run,) = runs_of(tmp_path, text, gpu="A100")
    assert (run.hardware, run.flags) == ("a100-sxm4-40gb", ())
    with pytest.raises(InputError):
        runs_of(tmp_path, text, gpu="A1O0")
