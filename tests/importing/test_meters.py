"""Meters of computers: plugs and strips, IPMI and Redfish, in the forms that their makers write, worked out by hand."""

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest
from foreign_texts import audit_of, runs_of

BEGAN = datetime(2026, 5, 3, 8, tzinfo=UTC).timestamp()
STAMPS = [datetime.fromtimestamp(BEGAN + 60 * minute, UTC) for minute in range(11)]
ISO = [f"{stamp:%Y-%m-%dT%H:%M:%SZ}" for stamp in STAMPS]
POWER = {"@odata.type": "#Power.v1_5_1.Power"}
SUPPLY = {"PowerInputWatts": 160, "LastPowerOutputWatts": 150}


def lines(pattern: str, first: str = "") -> str:
    """Write a header and a line a minute, from 8:00 to 8:10."""
    rows = (pattern.format(at, iso=ISO[at], stamp=stamp, grown=10 + 0.005 * at) for at, stamp in enumerate(STAMPS))
    return "\n".join(([first] if first else []) + list(rows)) + "\n"


def polled(*, key: str = "timestamp", **answer: object) -> str:
    """Write an answer of a meter a line, a minute apart."""
    return "\n".join(json.dumps({key: iso} | answer) for iso in ISO)


@pytest.mark.parametrize(
    ("text", "joules", "boundary"),
    [
        pytest.param(
            lines("sensor.rack_power,300,{iso}\nsensor.rack_voltage,231,{iso}\nsensor.rack_energy,{grown},{iso}",
                  "entity_id,state,last_changed"), [180_000], "wall", id="Home Assistant, entities of one plug",
        ),
        pytest.param(
            lines("sensor.rack_energy,{grown:.4f},{iso}", "entity_id,state,last_changed"), [180_000], "wall",
            id="Home Assistant, a counter",
        ),
        pytest.param(
            "Date/time UTC,Active energy Wh (1),Returned energy Wh (1),Min V,Max V\n"
            + "".join(f"2026-05-03 08:{at}0,{wh},0,232,233\n" for at, wh in enumerate((50, 40, 50, 30, 50, 60))),
            [280 * 3600], "wall", id="Shelly EM, an energy for each interval",
        ),
        pytest.param(
            "timestamp,total_act_energy,fund_act_energy,total_act_ret_energy,max_act_power,min_act_power\n"
            + "\n".join(f"{BEGAN + 60 * at:.0f},5.0000,5.0000,0.0000,310.0,290.0" for at in range(10)),
            [50 * 3600], "wall", id="Shelly Pro, alike energies for each interval",
        ),
        pytest.param(lines('{iso},"1,300.5"', "timestamp,power_w"), [780_300], "wall", id="thousands, in English"),
        pytest.param(lines("{iso};1.300,5", "timestamp;power_w"), [780_300], "wall", id="thousands, in German"),
        pytest.param(lines("{iso},{0}", "timestamp,wh_interval"), [55 * 3600], "wall", id="named an interval"),
        pytest.param(
            polled(key="Time", ENERGY={"Total": 12.3, "Power": 300, "ApparentPower": 310}), [180_000], "node",
            id="Tasmota",
        ),
        pytest.param(
            "\n".join(json.dumps({"StatusSNS": {"Time": iso, "ENERGY": {"Power": 300}}}) for iso in ISO), [180_000],
            "node", id="Tasmota's status",
        ),
        pytest.param(polled(voltage_mv=230_000, power_mw=300_000, total_wh=5), [180_000], "node", id="Kasa"),
        pytest.param(
            lines("{stamp:%m/%d/%Y}\t{stamp:%H:%M:%S}\t0.30\t0.50\t1.3", "Date\tTime\tPwr.kW\tPwrMax.kW\tPh I"),
            [180_000], "wall", id="APC, whose highest power is no device",
        ),
        pytest.param(
            lines("{iso},500,300,200", "Time,Inlet Power (W),Outlet 1 Power (W),Outlet 2 Power (W)"),
            [300_000], "wall", id="Raritan, whose inlet holds its outlets",
        ),
        pytest.param(lines("{iso},{0}5000", "timestamp,energy_mwh"), [360_000], "wall", id="milliwatt-hours"),
        pytest.param(lines("{iso},0.00{0:02d}", "timestamp,energy_MWh"), [3.6e6], "wall", id="megawatt-hours"),
        pytest.param(
            lines("{stamp:%d.%m.%y %H:%M:%S};300,5", "Zeit;Leistung [W]"), [180_300], "wall", id="years of two digits",
        ),
        pytest.param(
            lines("{stamp:%m/%d/%y},{stamp:%I:%M:%S %p},300", "Date,Time,Power (W)"), [180_000], "wall",
            id="American dates",
        ),
        pytest.param(
            lines("{stamp:%a %b %d %H:%M:%S CEST %Y}\nInstantaneous power reading: 300 Watts\nIPMI timestamp: never"),
            [180_000], "node", id="a date before each reading, of a zone that letters name",
        ),
        pytest.param(
            lines("Instantaneous power reading: 300 Watts\n"
                  "IPMI timestamp: {stamp:%m/%d/%y %H:%M:%S UTC}    Sampling period: 00000001 Seconds."),
            [180_000], "node", id="newer ipmitool",
        ),
        pytest.param(
            lines("{iso}\nCPU Temp | 40.0 | degrees C | ok\nPwr Consumption | 300.000 | Watts | ok | na | 896.0 | na"),
            [180_000], "node", id="ipmitool sensor",
        ),
        pytest.param(
            lines("{iso}\nPS1 Input Power | C8h | ok | 10.1 | 150 Watts\nPS2 Input Power | C9h | ok | 1.2 | 160 Watts"),
            [186_000], "node", id="two supplies",
        ),
        pytest.param(
            lines("{iso}\n12,CPU Temp,Temperature,40.00,C,'OK'\n77,Pwr Consumption,Current,300.00,W,'OK'"), [180_000],
            "node", id="ipmi-sensors with commas",
        ),
        pytest.param(
            polled(**POWER, PowerControl=[
                {"Name": "Server Power Control", "PowerConsumedWatts": 300},
                {"Name": "CPU Sub-system Power", "PowerConsumedWatts": 120}]), [180_000], "node",
            id="Redfish, parts beside the whole",
        ),
        pytest.param(
            polled(**POWER, PowerControl=[{"Name": f"Node {at}", "PowerConsumedWatts": 300} for at in range(2)],
                   PowerSupplies=[SUPPLY, SUPPLY]), [180_000], "node", id="Redfish, the first of several wholes",
        ),
        pytest.param(
            polled(InputPowerWatts={"Reading": 300}, OutputPowerWatts={"Reading": 280}, EnergykWh={"Reading": 5},
                   **{"@odata.type": "#PowerSupplyMetrics.v1_1_0.PowerSupplyMetrics"}), [180_000], "node",
            id="Redfish, a power supply",
        ),
        pytest.param(
            polled(Id="TotalPower", Reading=300, ReadingUnits="W", **{"@odata.type": "#Sensor.v1_7_0.Sensor"}),
            [180_000], "node", id="Redfish, a sensor",
        ),
        pytest.param(
            json.dumps({"@odata.type": "#MetricReport.v1_4_2.MetricReport", "MetricValues": [
                {"MetricId": name, "MetricValue": watts, "Timestamp": iso} for iso in ISO for name, watts in
                (("SystemInputPower", "300"), ("TotalCPUPower", "150"), ("SystemOutputPower", "280"))]}),
            [180_000], "node", id="Redfish, a report of the whole and of parts",
        ),
    ],
)  # fmt: skip
def test_energy_of_meters(tmp_path: Path, text: str, joules: list[float], boundary: str) -> None:
    """300 W for ten minutes are 180 kJ; what is a part of the whole, a limit or another quantity adds nothing."""
    found = [run.stated for run in runs_of(tmp_path, text)]
    assert [(run.measured_energy_kwh or 0) * 3.6e6 for run in found] == pytest.approx(joules)
    assert {run.boundary for run in found} == {boundary}


def test_units_in_cells(tmp_path: Path) -> None:
    """0.3 kW and 200 W, whatever the header says."""
    text = lines("{iso},a,0.3 kW\n{iso},b,200 W", "time,outlet,power")
    found = [(run.stated.measured_energy_kwh or 0) * 3.6e6 for run in runs_of(tmp_path, text)]
    assert found == pytest.approx([180_000, 120_000])


def test_outlets_of_several_strips(tmp_path: Path) -> None:
    """The first outlet of two strips are two."""
    text = lines("{iso},a,1,300\n{iso},b,1,200", "timestamp,pdu,outlet,watts")
    found = {run.stated.name: (run.stated.measured_energy_kwh or 0) * 3.6e6 for run in runs_of(tmp_path, text)}
    assert found == pytest.approx({"1 a": 180_000, "1 b": 120_000})


def test_readings_of_one_time_that_nothing_tells_apart_are_refused(tmp_path: Path) -> None:
    """Two powers of one outlet at each time."""
    (file,) = audit_of(tmp_path, lines("{iso},a,300\n{iso},a,200", "timestamp,outlet,watts")).files
    rule = "has several readings of one device at one time: a column such as outlet or node has to tell devices apart"
    assert (file.error, file.runs) == (f"{file.path}: {rule}", 0)


def test_alike_energies_without_a_name_are_refused(tmp_path: Path) -> None:
    """Five watt-hours in each row: a counter that stands still, or 5 Wh a minute."""
    (file,) = audit_of(tmp_path, lines("{iso},5.0", "Timestamp,Energy (Wh)")).files
    rule = "has energies that never change: of a counter that stands still, or of intervals, which no name says"
    assert file.error == f"{file.path}: {rule}"


def test_what_was_taken_as_intervals_is_said(tmp_path: Path) -> None:
    """Six hours of about 0.28 kWh: the sum, and no counter that begins anew three times."""
    text = "timestamp,kwh\n" + "\n".join(
        f"2026-05-03T{8 + at:02d}:00:00Z,{kwh}" for at, kwh in enumerate((0.3, 0.25, 0.31, 0.2, 0.28, 0.33))
    )
    audit = audit_of(tmp_path, text)
    assert audit.runs[0].stated.measured_energy_kwh == pytest.approx(1.67)
    assert audit.runs[0].stated.duration_seconds == 6 * 3600
    assert "Energies that do not only grow are taken as those of intervals, and added up." in audit.files[0].notes


@pytest.mark.parametrize(
    "text",
    [
        lines("{iso},100", "timestamp,package_energy_uj"),
        lines("{iso},100", "timestamp,cpu_power_w"),
        json.dumps({"timestamp": ISO[0], "gpu": 0, "power_w": 300}),
    ],
)
def test_parts_of_a_computer_are_no_meter_at_its_plug(tmp_path: Path, text: str) -> None:
    """Its CPU's energy is not what the plug reads."""
    assert audit_of(tmp_path, text).files[0].format != "meter"


def test_one_reading_is_no_run_and_that_is_said(tmp_path: Path) -> None:
    """One power at one moment."""
    (file,) = audit_of(tmp_path, "Current Power : 220 Watts\nTime Stamp : 05/03/2026 - 08:00:00\n").files
    assert (file.runs, [*file.notes]) == (0, ["It holds no run: no device has two readings with times."])
