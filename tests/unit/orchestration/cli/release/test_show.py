"""`show`, `measures` and `tables` on planted files of a release: right rows, reasons for missing ones, and nothing hidden."""

from __future__ import annotations

import copy
from pathlib import Path

import duckdb
import pytest

from orchestration.cli.release.show import BLOCKS, bar
from tests.conftest import CommandLine
from tests.support.scorecard_release import HIDDEN, measure, planted, promised_models, row, write_marts, write_public_file
from warehouse.paths import Home

SECRET = 31.75  # of a group that the public file hides
WORDS = {"unit_text": "Percent", "basis_text": "Race as recorded", "status_text": "Shown"}
SUPPRESSED = "Hidden to protect people"


@pytest.fixture(scope="module")
def levelground(tmp_path_factory: pytest.TempPathFactory) -> CommandLine:
    home = Home(tmp_path_factory.mktemp("show") / "home")
    home.published.mkdir(parents=True)
    tables = planted()
    tables["measures"] = [
        measure("own", caveat="A caveat.", definition="With it ÷ all", numerator="With it"),
        *tables["measures"][1:],
    ]
    tables["scorecard"] = [
        WORDS | each | ({"status_text": SUPPRESSED} if each["value"] is None else {}) for each in tables["scorecard"]
    ]
    inside = copy.deepcopy(tables)
    for each in inside["scorecard"]:
        if (each["measure_id"], each["race_ethnicity_code"]) == ("own", "hispanic"):
            each.update(value=SECRET, status_code="shown", publication_status="published", status_text="Shown")
    month = {"period_type": "month", "period_start": "2025-01-01", "period_end": "2025-01-31", "period": "January 2025"}
    district = {"geography_type": "aldermanic_district", "geography_vintage": "2022", "geoid": "2", "place": "District 2"}
    tables["scorecard"].append(WORDS | row("own", "all", 77.0, is_featured=False, **month, **district))
    # a figure where there should be none: a command that reads a hidden row displays none of its columns
    tables["scorecard"] += [
        WORDS | row("places", "asian", HIDDEN, status_code="hidden", status_text=SUPPRESSED, period_start="2019-01-01")
    ]
    write_public_file(home.published_public, tables)
    with duckdb.connect(str(home.published_analyst)) as con:
        write_marts(con, inside)
        for mart, name in {"dim_measure": "measures", "dim_geography": "geographies"}.items():
            kinds = {column["name"]: column["data_type"] for column in promised_models()[name]["columns"]}
            con.execute(f"create table marts.{mart} ({', '.join(f'{column} {kind}' for column, kind in kinds.items())})")
            for each in inside[name]:
                values = {column: value for column, value in each.items() if column != "geometry_wkb"}
                con.execute(
                    f"insert into marts.{mart} ({', '.join(values)}) values ({', '.join('?' * len(values))})", [*values.values()]
                )
        con.execute(
            "comment on table marts.scorecard is 'Rows to show. More.'; comment on column marts.scorecard.place is 'A name'"
        )
    return CommandLine(home.root)


def _lines(levelground: CommandLine, *arguments: str) -> dict[str, str]:
    result = levelground(*arguments)
    assert (result.returncode, result.stderr) == (0, "")
    return {line.split()[0]: line for line in result.stdout.splitlines() if line.strip()}


def test_values_are_shown_with_intervals_bars_and_counts(levelground: CommandLine) -> None:
    lines = _lines(levelground, "show", "own", "--public")
    assert lines["Plantville,"] == "Plantville, 2024; percent"
    assert lines["black"].split()[1:7] == ["20.5", "18.4", "–", "22.6", "205", "of"]
    assert lines["black"].count("█") > 1.8 * lines["white"].count("█") > 10
    assert "A caveat." in levelground("show", "own", "--public").stdout


def test_a_hidden_value_has_its_reason_and_no_number(levelground: CommandLine) -> None:
    lines = _lines(levelground, "show", "own", "--public")
    assert lines["hispanic"].split() == ["hispanic", "-", *SUPPRESSED.split()]
    for arguments in (("show", "own"), ("measures", "show", "own"), ("show", "own", "--json"), ("show", "own", "--by", "place")):
        assert f"{SECRET:.1f}" not in levelground(*arguments, "--public").stdout
    planted_row = levelground("show", "places", "--period", "2019-01-01", "--public")
    assert SUPPRESSED in planted_row.stdout
    assert "4,711" not in planted_row.stdout
    (as_json,) = levelground.json("show", "places", "--period", "2019-01-01", "--public", "--json")
    assert (as_json["value"], as_json["numerator"], as_json["status_code"]) == (None, None, "hidden")


def test_staff_see_what_is_not_public_marked(levelground: CommandLine) -> None:
    lines = _lines(levelground, "show", "own")
    assert "31.8" in lines["hispanic"]
    assert {name for name, line in lines.items() if f"{name} *" in line} == {"hispanic"}
    assert "* not in the public file" in levelground("show", "own").stdout


def test_a_place_and_a_period_are_chosen(levelground: CommandLine) -> None:
    assert "14.6" in _lines(levelground, "show", "own", "--period", "2020")["all"]
    for place in ("District 2", "aldermanic_district:2", "2", "district 2"):  # a year, as for the city, and no newer month
        assert "12.0" in _lines(levelground, "show", "own", "--place", place, "--public")["all"]
    assert "77.0" in _lines(levelground, "show", "own", "--place", "2", "--period", "2025-01", "--public")["all"]
    by_place = levelground("show", "own", "--by", "place").stdout
    assert [line[:10] for line in by_place.splitlines() if line.startswith("District")] == [
        "District 1",
        "District 2",
        "District 3",
    ]
    (all_of_2020,) = levelground.json("show", "own", "--period", "2020-01-01", "--json")
    assert (all_of_2020["value"], all_of_2020["period_end"]) == (14.595, "2020-12-31")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("show", "oun"), "no measure is called 'oun'. Did you mean own? `levelground measures list`"),
        (("measures", "show", "place"), "Did you mean places?"),
        (("show", "own", "--place", "Distrikt 2"), "Did you mean District 2"),
        (("show", "own", "--period", "2031"), "no value for the period '2031'"),
        (("show", "own", "--by", "place", "--group", "al"), "Did you mean all?"),
        (("show", "nothing"), "has no values of nothing; `levelground measures show nothing`"),
        (("tables", "score_card"), "no table is called 'score_card'. Did you mean scorecard?"),
        (("measures", "list", "--area", "wealth"), "there are health, housing"),
    ],
)
def test_a_wrong_name_is_answered_with_the_nearest(levelground: CommandLine, arguments: tuple[str, ...], message: str) -> None:
    result = levelground(*arguments)
    assert (result.returncode, result.stdout) == (2, "")
    assert message in result.stderr


def test_without_a_release_the_commands_name_the_next_one(tmp_path: Path) -> None:
    for arguments in (("tables",), ("measures", "list"), ("show", "own")):
        result = CommandLine(tmp_path)(*arguments)
        assert result.returncode == 1
        assert "`levelground run` makes a release" in result.stderr


def test_tables_are_listed_and_described(levelground: CommandLine) -> None:
    lines = _lines(levelground, "tables")
    assert lines["marts.scorecard"].split()[1:] == ["19", "Rows", "to", "show"]
    for name in ("scorecard", "marts.scorecard"):
        table = levelground.json("tables", name, "--json")
        assert (table["rows"], table["description"]) == (19, "Rows to show. More.")
        assert {"column_name": "place", "data_type": "varchar", "description": "A name"} in table["columns"]
    assert "published.measures" in _lines(levelground, "tables", "--public")
    # a fact of the next run
    assert _lines(levelground, "tables", "fct_court_cases")["finding_code"].split()[1] == "varchar"
    assert levelground("tables", "fct_court_cases", "--public").returncode == 2


def test_measures_are_listed_and_described(levelground: CommandLine) -> None:
    assert [each["measure_id"] for each in levelground.json("measures", "list", "--json")] == [
        "nothing",
        "own",
        "whole",
        "places",
    ]
    assert [each["measure_id"] for each in levelground.json("measures", "list", "--area", "housing", "--json")] == ["places"]
    text = levelground("measures", "show", "own").stdout
    for part in ("What is own?", "With it ÷ all", "A caveat.", "Latest values", "20.5", "levelground query"):
        assert part in text
    assert "none: the analyst file has no values of nothing" in levelground("measures", "show", "nothing").stdout
    query = levelground.json("measures", "show", "own", "--json", "--public")["example_query"]
    assert len(levelground.ask(query, public=True)) == 9


@pytest.mark.parametrize(
    ("row_", "expected"),
    [
        ({"value": 5.0, "ci_low": 3.0, "ci_high": 8.0}, "███▓▓░░░"),
        ({"value": 10.0, "ci_low": None, "ci_high": None}, "██████████"),
        ({"value": 0.0, "ci_low": 0.0, "ci_high": 2.0}, "░░"),
        ({"value": None, "ci_low": None, "ci_high": None}, ""),
    ],
)
def test_a_bar_ends_at_the_value_and_its_lighter_part_is_the_interval(row_: dict[str, float | None], expected: str) -> None:
    assert bar(row_, (0.0, 10.0), 10, BLOCKS) == expected


def test_a_negative_value_has_its_bar_left_of_zero() -> None:
    rows = [{"value": value, "ci_low": None, "ci_high": None} for value in (-5.0, 5.0)]
    assert [bar(each, (-5.0, 5.0), 10, BLOCKS) for each in rows] == ["█████", "     █████"]
