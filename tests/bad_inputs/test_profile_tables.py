"""What can be wrong with the rows of a user's own tables, and the exact messages."""

from pathlib import Path

import pytest
from profile_folders import GOOD, HEADER, ONE_THING, OUT_OF_RANGE, problems_of, write

INSTANCES = "provider,instance,accelerator,accelerator_count,source"
FACILITIES = "metric,provider,kind,year,best,unit,source"

# Further columns of a device and a cell for each, and the message on the row.
LABELLED = [
    ("tdp_low_w", "301", "column tdp_low_w: 301 is above tdp_w, 300"),
    ("tdp_high_w", "299", "column tdp_high_w: 299 is below tdp_w, 300"),
    ("training_low_w", "100", "column training_w: must not be blank where training_low_w is given"),
    ("idle_w,idle_source", "301,a b", "column idle_w: 301 is above tdp_w, 300"),
    ("idle_w", "20", "column idle_source: must not be blank where idle_w is given"),
    (
        "training_w,training_scope,training_source",
        "331,device,a b",
        "column training_w: 331 is above 1.1 x tdp_w, 300",
    ),
    (
        "idle_w,idle_source,training_w,training_scope,training_source",
        "60,a b,50,device,a b",
        "column idle_w: 60 is above training_w, 50",
    ),
    ("training_w,training_source", "200,a b", "column training_scope: must not be blank where training_w is given"),
    (
        "embodied_kg,embodied_scope",
        "150,assumption",
        "column embodied_source: must not be blank where embodied_kg is given",
    ),
    ("devices_per_board", "1.5", "column devices_per_board: '1.5' is not a whole number; write digits alone"),
    ("devices_per_board", "0", f"column devices_per_board: 0 {OUT_OF_RANGE} at least 1 and at most 10,000,000"),
    ("release_year", "1949", f"column release_year: 1949 {OUT_OF_RANGE} at least 1950 and at most 2100"),
    ("verified", "maybe", "column verified: 'maybe' is not one of yes, partial, assumed"),
    ("aliases", "Card;V100 16GB", f"column aliases: 'V100 16GB' is a name of the shipped V100 16GB; {ONE_THING}"),
]


@pytest.mark.parametrize(("columns", "row", "message"), LABELLED)
def test_a_bad_optional_cell_of_a_device(tmp_path: Path, columns: str, row: str, message: str) -> None:
    """Optional columns are checked when they are there, by themselves and against each other."""
    write(tmp_path, accelerators=f"{HEADER},{columns}\n{GOOD},{row}")
    assert problems_of(tmp_path) == [f"accelerators.csv, row 2, {message}"]


# Tables of a folder, and the one problem that it has.
FOLDERS = [
    (
        {"accelerators": f"{HEADER},tdp\n{GOOD},300"},
        "accelerators.csv, row 1, column tdp: unknown column; did you mean tdp_low_w, tdp_high_w or tdp_basis?",
    ),
    (
        {"accelerators": "id,name,hardware_class,source\nmy-card,My card,workstation,a b"},
        "accelerators.csv, row 1, column tdp_w: "
        "the column is missing; a file needs id, name, hardware_class, tdp_w, source",
    ),
    ({"accelerators": f"{HEADER},id\n{GOOD},x"}, "accelerators.csv, row 1, column id: the column appears twice"),
    ({"accelerators": f"{HEADER},\n{GOOD},"}, "accelerators.csv, row 1: column 6 has no name"),
    ({"accelerators": ""}, "accelerators.csv: the file is empty; its first line must name the columns"),
    (
        {"accelerators": "version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 1"},
        "accelerators.csv: a Git LFS pointer instead of the data; run 'git lfs pull' in its repository",
    ),
    (
        {"accelerators": f'{HEADER}\n{GOOD}\nb,"B,workstation,300,a b'},
        "accelerators.csv, row 3: not a CSV file: unexpected end of data",
    ),
    (
        {"accelerators": f"{HEADER}\n{GOOD}\nmy-card,My other card,workstation,200,a b"},
        "accelerators.csv, row 3, column id: the same id as in row 2: my-card",
    ),
    (
        {"accelerators": f"{HEADER}\n{GOOD}\nother,MY-CARD,workstation,200,a b"},
        "accelerators.csv, row 3, column name: "
        f"'MY-CARD' is a name of my-card in row 2 of accelerators.csv; {ONE_THING}",
    ),
    (
        {"accelerators": f"{HEADER}\n{GOOD}", "families": "name,members\nMy card,my-card;t4"},
        f"families.csv, row 2, column name: 'My card' is a name of my-card in row 2 of accelerators.csv; {ONE_THING}",
    ),
    (
        {"families": "name,members,usual\nOurs,t4;a10,t40"},
        "families.csv, row 2, column usual: 't40' is not among the members",
    ),
    (
        {"families": "name,members\nOurs,t4;t400"},
        "families.csv, row 2, column members: 't400' is no id of accelerators.csv, ours or yours; did you mean ",
    ),
    (
        {"cpus": "id,name,tdp_w,cores,source\nmine,EPYC 7763,200,8,a b"},
        f"cpus.csv, row 2, column name: 'EPYC 7763' is a name of the shipped amd-epyc-7763; {ONE_THING}",
    ),
    (
        {"cpus": "id,name,tdp_w,cores,source\nmine,Mine,200,eight,a b"},
        "cpus.csv, row 2, column cores: 'eight' is not a whole number; write digits alone",
    ),
    (
        {"cloud_instances": f"{INSTANCES}\nmine,big.8,zz9,8,a b"},
        "cloud_instances.csv, row 2, column accelerator: 'zz9' is no id of accelerators.csv, ours or yours",
    ),
    (
        {"cloud_instances": f"{INSTANCES}\nmine,P3.2xlarge,t4,8,a b"},
        "cloud_instances.csv, row 2, column instance: "
        f"'P3.2xlarge' is a name of the shipped aws p3.2xlarge; {ONE_THING}",
    ),
    (
        {"cloud_instances": f"{INSTANCES},fraction_of_device\nm,b,t4,8,a b,2"},
        f"cloud_instances.csv, row 2, column fraction_of_device: 2 {OUT_OF_RANGE} greater than 0 and at most 1",
    ),
    (
        {"grid_countries": "place,year,g_per_kwh,basis,source\nXX,2024,50,lifecycle,a b"},
        "grid_countries.csv, row 2, column place: 'XX' is no place of places.csv, ours or yours",
    ),
    (
        {"grid_countries": "place,year,g_per_kwh,basis,source\nFR,2024,3000,lifecycle,a b"},
        "grid_countries.csv, row 2, column g_per_kwh: "
        f"3000 {OUT_OF_RANGE} greater than 0 and less than 3,000 g CO2e/kWh",
    ),
    (
        {"grid_countries": "place,year,g_per_kwh,basis,source\nFR,2024,50,life-cycle,a b"},
        "grid_countries.csv, row 2, column basis: 'life-cycle' is not one of lifecycle, direct",
    ),
    (
        {"grid_countries": "place,year,g_per_kwh,basis,source\nFR,2024,50,direct,a b"},
        "grid_countries.csv, row 2, column g_per_kwh: "
        "the direct value 50 is above the life-cycle value 40.3 of the same place and year (the lifecycle one is ours)",
    ),
    (
        {"grid_countries": "place,year,g_per_kwh,basis,source\nFR,2024,50,lifecycle,a b\nFR,2024,51,lifecycle,a b"},
        "grid_countries.csv, row 3, column place: the same place and year as in row 2: FR, 2024",
    ),
    (
        {"grid_countries": "place,year,g_per_kwh,basis,source\nUS-CA,2024,200,lifecycle,a b"},
        "grid_countries.csv, row 2, column place: US-CA has its series in grid_subnational.csv",
    ),
    (
        {"places": "place,kind,name\nZZ,country,Atlantis"},
        "places.csv, row 2, column place: "
        "no row of grid_countries.csv or grid_subnational.csv gives ZZ a carbon intensity",
    ),
    (
        {
            "places": "place,kind,name,parent\nFR-75,state,Paris,",
            "grid_subnational": "place,year,g_per_kwh,basis,source\nFR-75,2024,40,lifecycle,a b",
        },
        "places.csv, row 2, column parent: must not be blank for a state: give the code of its country",
    ),
    (
        {"facilities": f"{FACILITIES}\npue,mine,site,2024,0.9,1,a b"},
        f"facilities.csv, row 2, column best: 0.9 {OUT_OF_RANGE} at least 1 and at most 5",
    ),
    (
        {"facilities": f"{FACILITIES}\nwue,mine,site,2024,-1,L/kWh,a b"},
        f"facilities.csv, row 2, column best: -1 {OUT_OF_RANGE} at least 0 and at most 20 L/kWh",
    ),
    (
        {"facilities": f"region,{FACILITIES}\nus-esat-1,pue,aws,provider_region,2024,1.2,1,a b"},
        "facilities.csv, row 2, column region: "
        "'aws:us-esat-1' is no region of cloud_regions.csv, ours or yours; did you mean ",
    ),
    (
        {"power_defaults": "hardware_class,parameter,best,unit,source\nworkstation,utilization,1.3,1,a b"},
        f"power_defaults.csv, row 2, column best: 1.3 {OUT_OF_RANGE} greater than 0 and at most 1.2",
    ),
    (
        {"power_defaults": "hardware_class,parameter,best,unit,source\nworkstation,host_factor,0.9,1,a b"},
        f"power_defaults.csv, row 2, column best: 0.9 {OUT_OF_RANGE} at least 1 and at most 5",
    ),
    (
        {"embodied_defaults": "hardware_class,parameter,best,unit,source\nany,device_kg,150,g,a b"},
        "embodied_defaults.csv, row 2, column unit: 'g' is not the unit of device_kg, kg",
    ),
    (
        {"memory": "id,memory_gb,low_w_per_gb,w_per_gb,source\nmine,64,0.4,0.3,a b"},
        "memory.csv, row 2, column low_w_per_gb: 0.4 is above w_per_gb, 0.3",
    ),
    (
        {"equivalents": "id,label,unit,kg,year,subject,trip,source\nf,a flight,trip,500,2024,passenger,one-way,a b"},
        "equivalents.csv, row 2, column radiative_forcing: must not be blank where subject is given",
    ),
    (
        {"sources": "id,title,url,year\nour_meter,Our meter,https://example.org,last year"},
        "sources.csv, row 2, column year: 'last year' is not a whole number; write digits alone",
    ),
    (
        {"accelerators": f"{HEADER}\n{GOOD}", "acelerators": HEADER},
        "acelerators.csv: unknown file; did you mean accelerators.csv?",
    ),
]


@pytest.mark.parametrize(("tables", "message"), FOLDERS, ids=[message[:60] for _, message in FOLDERS])
def test_a_bad_folder(tmp_path: Path, tables: dict[str, str], message: str) -> None:
    """One fault gives one problem; where the message ends openly, the suggestions follow."""
    found = problems_of(write(tmp_path, **tables))
    assert len(found) == 1, found
    if message.endswith("did you mean "):
        assert found[0].startswith(message)
        assert found[0].endswith("?")
    else:
        assert found == [message]
