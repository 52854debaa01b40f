"""Runs whose accelerators nobody knows: in sums over a wide interval, or in none, and the audit says how many."""

from pathlib import Path

import pytest
from foreign_texts import audit_of, runs_of, sacct_text

from greentrain import History, estimate, import_runs
from greentrain.catalogue import load_catalogue


@pytest.mark.parametrize(
    ("resources", "gpu", "hours"),
    [
        ("cpu=8,gres/gpu:foo=2,gres/gpu=2", "foo", 2.0),
        ("cpu=8,gres/gpu=2", None, 2.0),
        ("cpu=8,gres/gpu:foo_3g.20gb=7", "foo_3g.20gb", 3.0),
        ("cpu=8,gres/npu=4", "npu", 4.0),
        ("cpu=8,gres/npu=4,gres/npu:kind=4", "npu:kind", 4.0),
        ("cpu=8,gres/neuron=16", "neuron", 16.0),
        ("cpu=8,gres/hpu=8,gres/craynetwork=1", "hpu", 8.0),
    ],
)
def test_an_unknown_type_is_any_of_a_data_center(tmp_path: Path, resources: str, gpu: str | None, hours: float) -> None:
    """An hour of as many of the catalogue's "Any accelerator", flagged, in the totals and in a remark."""
    audit = audit_of(tmp_path, sacct_text({"AllocTRES": resources}), location="FR")
    (run,) = audit.runs
    assert run.flags == ("unknown_hardware",)
    assert (run.to_dict()["gpu"], run.hardware, run.gpu_hours) == (gpu, None, pytest.approx(hours))
    one = estimate("Any accelerator", hours=1, location="FR").it_energy_kwh
    assert audit.totals.it_energy_kwh is not None
    if hours < 8:
        assert audit.totals.it_energy_kwh.best == pytest.approx(hours * one.best)
        assert audit.totals.it_energy_kwh.high == pytest.approx(hours * one.high)
    (remark,) = audit.remarks
    assert (remark.runs, remark.gpu_hours, remark.cpu_core_hours) == (1, pytest.approx(hours), 8.0)
    assert (remark.gpus, remark.is_in_sums) == ((gpu,) if gpu else (), True)
    typed = "Nobody knows what their accelerators are: all of data centers are in the interval. --map FILE "
    untyped = "The files do not say what their accelerators are: all of data centers are in the interval. --gpu NAME "
    assert remark.reason.startswith(typed if gpu else untyped)
    assert remark.reason.endswith(" --suggest-map begins a map.")


def test_the_members_span_accelerators_of_servers() -> None:
    """From 70 W to 1,400 W lie all of those that train, newer than 2016 and of one device per board or more."""
    hardware = load_catalogue().hardware
    members = [hardware.accelerator(key).tdp_w for key in hardware.families["Any accelerator"].members]
    ends = [each for each in members if each is not None]
    assert (min(each.low for each in ends), max(each.high for each in ends)) == (70.0, 1400.0)
    servers = [device for device in hardware.accelerators if device.hardware_class == "sxm-node" and device.tdp_w]
    assert all(70 <= device.tdp_w.low <= device.tdp_w.high <= 1400 for device in servers if device.tdp_w)


@pytest.mark.parametrize("resource", ["gres/shard=2", "gres/shard:a100=2", "gres/mps=50", "gres/neuroncore=4"])
def test_parts_of_accelerators_need_a_map(tmp_path: Path, resource: str) -> None:
    """A site decides how many parts a board has: neither hours nor energy are known, and the audit says it."""
    audit = audit_of(tmp_path, sacct_text({"AllocTRES": f"cpu=8,{resource}"}, {"JobIDRaw": "2"}))
    assert [(run.gpu_hours, run.footprint is None) for run in audit.runs] == [(0.0, True), (0.0, False)]
    (remark,) = audit.remarks
    assert (remark.runs, remark.cpu_core_hours, remark.is_in_sums) == (1, 8.0, False)
    assert remark.reason.startswith("They had parts of accelerators, and a site decides how many one has")


def test_parts_of_accelerators_with_a_map(tmp_path: Path) -> None:
    """Two of four shards are half a board, 50 of 100 parts of MPS too."""
    (tmp_path / "site.toml").write_text(
        '[gpu.shard]\ndevice = "T4"\nshare = "1/4"\n[gpu.mps]\ndevice = "T4"\nshare = 0.01'
    )
    rows = [{"JobIDRaw": "1", "AllocTRES": "gres/shard=2"}, {"JobIDRaw": "2", "AllocTRES": "gres/mps=50"}]
    runs = runs_of(tmp_path, sacct_text(*rows), map=str(tmp_path / "site.toml"), location="FR")
    half = estimate("T4", hours=0.5, location="FR").it_energy_kwh
    for run in runs:
        assert (run.hardware, run.gpu_hours, run.flags) == ("t4", 0.5, ())
        assert run.numbers.it_energy_kwh is not None
        assert run.numbers.it_energy_kwh.best == pytest.approx(half.best)


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        ({"AllocTRES": "mem=4G", "NCPUS": ""}, "Neither accelerators nor cores are stated."),
        ({"AllocTRES": "gres/craynetwork=2", "NCPUS": ""}, "Neither accelerators nor cores are stated."),
        (
            {"AllocTRES": "gres/gpu:a100=1", "ElapsedRaw": "9000000000", "Start": "Unknown"},
            "Their numbers are outside of what is estimated, such as hours of more than a century.",
        ),
    ],
)
def test_what_is_in_no_sum_has_a_reason(tmp_path: Path, row: dict[str, str], reason: str) -> None:
    """A run without an energy is counted, and the audit says why it has none."""
    audit = audit_of(tmp_path, sacct_text(row))
    assert audit.totals.runs == 1
    assert [(each.reason, each.runs, each.is_in_sums) for each in audit.remarks] == [(reason, 1, False)]


def test_a_resource_that_is_no_accelerator(tmp_path: Path) -> None:
    """A job with craynetwork is one of its cores."""
    with_network, without = (
        runs_of(tmp_path, sacct_text({"AllocTRES": f"cpu=8{more}"}))[0] for more in (",gres/craynetwork=4", "")
    )
    assert with_network.numbers == without.numbers


def test_what_is_named_or_metered_needs_no_remark(tmp_path: Path) -> None:
    """--gpu names generic ones; the energy of a node's meter counts whatever is in the node."""
    text = sacct_text(
        {"JobIDRaw": "1", "AllocTRES": "gres/gpu=1"},
        {"JobIDRaw": "2", "AllocTRES": "gres/gpu:foo=4", "ConsumedEnergyRaw": "7200000"},
    )
    audit = audit_of(tmp_path, text, gpu="A100")
    assert audit.remarks == ()
    assert [run.hardware for run in audit.runs] == ["a100-sxm4-40gb", None]


def test_the_history_has_the_same_number(tmp_path: Path) -> None:
    """What is stored of an unknown type gives the energy of the import."""
    (tmp_path / "foreign").write_text(sacct_text({"AllocTRES": "gres/gpu:foo=2"}))
    audit = import_runs(tmp_path / "foreign", home=tmp_path / "home", location="FR")
    (run,) = History(tmp_path / "home").runs()
    found, whole = run.reconciliation.footprint.it_energy_kwh, audit.totals.it_energy_kwh
    assert found is not None
    assert whole is not None
    assert tuple(found) == pytest.approx(tuple(whole), rel=1e-12)


def test_groups_count_what_they_lack(tmp_path: Path) -> None:
    """Of two runs of a user one is in no sum of energy: the group and the total say it."""
    rows = [{"JobIDRaw": "1", "AllocTRES": "gres/shard=2"}, {"JobIDRaw": "2"}, {"JobIDRaw": "3", "User": "v"}]
    audit = audit_of(tmp_path, sacct_text(*rows), by="user")
    assert audit.groups is not None
    assert [(group.totals.runs, group.totals.without_energy) for group in audit.groups] == [(2, 1), (1, 0)]
    assert audit.totals.without_energy == 1
    assert audit.to_dict()["groups"][0]["without_energy"] == 1


@pytest.mark.parametrize("written", ["dgx-a100", "DGX_A100", "8xA100", "a100x8"])
def test_a_number_in_a_type_is_none_of_the_jobs(tmp_path: Path, written: str) -> None:
    """Types that name a server or a count are the accelerators of it, as many as the job was given."""
    audit = audit_of(tmp_path, sacct_text({"AllocTRES": f"gres/gpu:{written}=4"}), location="FR")
    whole = estimate("A100", count=4, hours=1, location="FR").it_energy_kwh
    assert audit.remarks == ()
    assert audit.totals.gpu_hours == 4
    assert audit.totals.it_energy_kwh is not None
    assert audit.totals.it_energy_kwh.best == pytest.approx(whole.best)
