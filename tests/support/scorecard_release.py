"""A small public file with planted rows: what the scorecard reads, with the columns that dbt promises."""

from __future__ import annotations

import csv
import datetime as dt
from functools import cache
from itertools import groupby
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import yaml

from orchestration.settings import DBT_PROJECT
from warehouse.sql import quoted

MODELS = DBT_PROJECT / "models" / "published" / "tables" / "_published__models.yml"
SEEDS = DBT_PROJECT / "seeds" / "reference"
CITY = ("city", "current", "9900001", "Plantville")
YEAR = (dt.date(2024, 1, 1), dt.date(2024, 12, 31))
GROUPS = {
    "all": ("total", 0),
    "asian": ("category", 20),
    "black": ("category", 30),
    "hispanic": ("category", 40),
    "white": ("category", 70),
}
# a number that no page may contain: it is planted where a figure is hidden
HIDDEN = 4711.4711
# the ratio, and its interval, planted next to figures of places: no page may contain them either
RATIO_OF_PLACES = r"\b3\.[136]\b"
# black employment in a city, by its page: 26 of 66 cities are clearly better, one is clearly worse
PEER_GAP = {
    "measure_id": "own", "measure_version": 1, "period_type": "year", "period_start": YEAR[0], "race_ethnicity_code": "black",
    "reference_code": "white", "geoid": CITY[2], "value": 70.9, "gap": -14.36, "gap_ci_low": -17.6, "gap_ci_high": -11.1,
    "peers": 66, "peers_median_gap": -6.37, "gap_kind": "difference", "peers_narrower": 26, "peers_wider": 1, "peers_reversed": 0,
    "rank_low": 27, "rank_high": 66, "is_rank_shown": False,
}  # fmt: skip
SQUARE = "POLYGON(({0} 43, {1} 43, {1} 43.1, {0} 43.1, {0} 43))"


def measure(measure_id: str, **changes: Any) -> dict[str, Any]:
    return {
        "measure_id": measure_id,
        "measure_version": 1,
        "name": f"Name of {measure_id}",
        "question": f"What is {measure_id}?",
        "policy_area": "health",
        "source": "dept__records",
        "kind": "proportion",
        "numerator": "People with it",
        "denominator": "All people",
        "unit": "percent",
        "favourable_direction": "lower",
        "is_current": True,
        "owner": "Office",
        "availability": "shown",
        "has_figures_by_race": True,
    } | changes


def row(measure_id: str, race: str, value: float | None, **changes: Any) -> dict[str, Any]:
    """A featured row of the city in 2024, shown with a range of a tenth."""
    has_value = value is not None
    kind, order = GROUPS[race]
    return {
        "measure_id": measure_id,
        "measure_version": 1,
        "measure": f"Name of {measure_id}",
        "policy_area": "health",
        "question": f"What is {measure_id}?",
        "period_type": "year",
        "period_start": YEAR[0],
        "period_end": YEAR[1],
        "period": "2024",
        "geography_type": CITY[0],
        "geography_vintage": CITY[1],
        "geoid": CITY[2],
        "place": CITY[3],
        "race_ethnicity_code": race,
        "group_name": race,
        "group_kind": kind,
        "group_order": order,
        "stratum_type": "all",
        "stratum_code": "all",
        "basis": "own_race",
        "value": value,
        "unit": "percent",
        "numerator": value and round(value * 10),
        "denominator": 1000.0 if has_value else None,
        "ci_low": value and value * 0.9,
        "ci_high": value and value * 1.1,
        "status_code": "shown" if has_value else "hidden",
        "publication_status": "published" if has_value else "suppressed",
        "is_featured": True,
        "is_latest": True,
        "is_stand_in": False,
    } | changes


def streets() -> list[dict[str, Any]]:
    """Ranges of streets with a number, a letter, and one of a map that is no longer in force."""
    columns = ("street", "parity", "from_number", "to_number", "district", "vintage", "street_name")
    rows = [
        ("N 27TH ST", "both", 100, 1999, "1", "2022", "27TH ST"),
        ("N 27TH ST", "even", 2000, 2098, "2", "2022", "27TH ST"),
        ("N 27TH ST", "odd", 2001, 2099, "3", "2022", "27TH ST"),
        ("S 27TH ST", "both", 100, 199, "3", "2022", "27TH ST"),
        ("E ADAMS AV", "both", 100, 199, "1", "2022", "ADAMS AV"),
        ("E ADAMS AV", "both", 100, 199, "2", "2012", "ADAMS AV"),
    ]
    return [dict(zip(columns, values, strict=True)) for values in rows]


def planted() -> dict[str, list[dict[str, Any]]]:
    """Rows by table: own race with ratios and a trend, place-weighted, hidden, composition, and a measure without rows."""
    compared = {"reference_code": "white", "compared_with_reference": "higher"}
    own = [
        row(
            "own",
            "all",
            12.345,
            known_race_pct=87.6,
            expected_value=13.2,
            trend_from=dt.date(2020, 1, 1),
            trend=-2.25,
            trend_ci_low=-3.5,
            trend_ci_high=-1.0,
            trend_word="lower",
        ),
        row(
            "own",
            "all",
            14.595,
            period_start=dt.date(2020, 1, 1),
            period_end=dt.date(2020, 12, 31),
            is_featured=False,
            is_latest=False,
        ),
        row("own", "black", 20.5, rate_ratio=2.05, rate_ratio_ci_low=1.55, rate_ratio_ci_high=2.75, **compared),
        row("own", "hispanic", None),
        row("own", "asian", 11.1, reference_code="white", compared_with_reference="cannot_tell"),
        row("own", "white", 10.0),
        *(
            row(
                "own",
                "all",
                10.0 + number if number < 3 else None,
                geography_type="aldermanic_district",
                geography_vintage="2022",
                geoid=str(number),
                place=f"District {number}",
                is_featured=False,
                city_value=12.345 if number < 3 else None,
                compared_with_city="lower" if number < 3 else None,
            )
            for number in (1, 2, 3)
        ),
    ]
    places = [
        row(
            "places",
            race,
            300.5 + order,
            unit="per_1000",
            numerator=None,
            denominator=None,
            basis="no_race" if race == "all" else "where_people_live",
            # the file has no ratio here: one is planted to be left out
            **({} if race == "all" else {"rate_ratio": 3.3, "rate_ratio_ci_low": 3.1, "rate_ratio_ci_high": 3.6, **compared}),
        )
        for race, (_, order) in GROUPS.items()
    ]
    whole = [row("whole", race, 100.0 if race == "all" else 25.0, ci_low=None, ci_high=None) for race in GROUPS]
    return {
        "release": [
            {
                "release_id": "20251201T000000Z-00000001",
                "created_at": dt.datetime(2025, 12, 1),
                "data_as_of": dt.datetime(2025, 11, 30),
                "code_version": "1",
                "content_hash": "00000001",
            }
        ],
        "measures": [
            measure("own", licence_attribution="Planted Records, CC BY 4.0"),
            measure("places", unit="per_1000", policy_area="housing", has_figures_by_race=False),
            measure("whole", kind="composition"),
            measure("nothing", source="dept__undelivered", availability="not_delivered", has_figures_by_race=False),
        ],
        "sources": [
            {
                "source": "dept__records",
                "title": "Planted records",
                "department": "mhd",
                "is_stand_in": False,
                "is_of_city": True,
                "data_as_of": dt.datetime(2024, 12, 31),
            },
            {"source": "dept__undelivered", "title": "Later records", "department": "mhd", "is_stand_in": False},
        ],
        "scorecard": [*own, *places, *whole],
        "geographies": [
            {"geography_type": CITY[0], "geography_vintage": CITY[1], "geoid": CITY[2], "name": CITY[3], "scorecard_order": 1},
            *(
                {
                    "geography_type": "aldermanic_district",
                    "geography_vintage": "2022",
                    "geoid": str(number),
                    "name": f"District {number}",
                    "is_council_district": True,
                    "geometry_wkb": SQUARE.format(-88 + number / 10, -87.9 + number / 10),
                }
                for number in (1, 2, 3)
            ),
        ],
        "goals": [
            {
                "goal_id": "halve",
                "title": "Halve it",
                "measure_id": "own",
                "measure_version": 1,
                "unit": "percent",
                "period_type": "year",
                "target_value": 6.0,
                "due_on": dt.date(2027, 12, 31),
                "owner": "Office",
                "is_example": True,
            }
        ],
        "goal_progress": [
            {
                "goal_id": "halve",
                "period_type": "year",
                "period_start": YEAR[0],
                "period_end": YEAR[1],
                "is_latest": True,
                "publication_status": "published",
                "value": 12.345,
                "baseline_value": 14.595,
                "expected_value": 11.5,
                "target_value": 6.0,
                "status": "off_track",
                "gap": 10.5,
                "gap_baseline": 11.5,
            }
        ],
        "engagement_responses": [
            {
                "theme_code": "housing",
                "period_start": YEAR[0],
                "publication_status": "published",
                "inputs_count": 30,
                "adopted_count": 20,
                "adapted_count": 0,
                "declined_count": 4,
                "pending_count": 6,
                "declined_reasons": ["no_budget"],
            },
            {"theme_code": "parks", "period_start": YEAR[0], "publication_status": "suppressed"},
        ],
        # everyone with the denominator of the groups, which the chart of places shows
        "equity_measures": [
            {name: value for name, value in places[0].items() if name in promised_columns("equity_measures")}
            | {
                "race_standard": "spd15_1997",
                "tabulation": "exclusive",
                "method": "place_weighted",
                "stratum_type": "all",
                "stratum_code": "all",
                "value_status": "computed",
                "value": 302.5,
            }
        ],
        "peer_comparison": [],
        "street_districts": streets(),
        "theme_measures": [{"theme_code": "housing", "measure_id": "places", "sort_order": 1}],
    }


@cache
def promised_models() -> dict[str, Any]:
    """The published models by the name of their table."""
    models = yaml.load(MODELS.read_text(encoding="utf-8"), Loader=yaml.CSafeLoader)["models"]
    return {model["name"].removeprefix("published_"): model for model in models}


def promised_columns(table: str) -> dict[str, str]:
    """The columns of a published table, with their types."""
    return {column["name"]: column["data_type"] for column in promised_models()[table]["columns"]}


def write_public_file(path: Path, tables: dict[str, list[dict[str, Any]]]) -> Path:
    """Write the tables with the columns that dbt promises, and the texts of the seeds with names of the planted codes."""
    models = promised_models()
    path.unlink(missing_ok=True)
    with duckdb.connect(str(path)) as con:
        con.execute("pragma force_compression = 'uncompressed'")  # looking for a compression takes longer than writing
        con.execute("begin; create schema published; use published")
        for name, rows in ({"texts": [], "equity_measures": [], "strata": []} | tables).items():
            promised = {column["name"]: column["data_type"] for column in models[name]["columns"]} if name in models else {}
            columns = promised or NOT_OF_DBT[name]
            con.execute(f"create table {name} ({', '.join(f'{quoted(column)} {kind}' for column, kind in columns.items())})")
            for named, same in groupby(rows, key=tuple):
                assert set(named) <= set(columns), f"{name} has no column {set(named) - set(columns)}"
                places = ", ".join("ST_AsWKB(?::geometry)" if column == "geometry_wkb" else "?" for column in named)
                insert = f"insert into {name} ({', '.join(map(quoted, named))}) values ({places})"
                con.executemany(insert, [list(values.values()) for values in same])
        text_rows = pa.Table.from_pylist(texts(tables))  # noqa: F841 - DuckDB reads the variable
        con.execute("insert into texts by name from text_rows; commit")
    return path


def write_marts(con: duckdb.DuckDBPyConnection, tables: dict[str, list[dict[str, Any]]]) -> None:
    """Write the tables that the internal scorecard reads of an analyst file: the figures before suppression."""
    con.execute("create schema if not exists marts")
    for mart, name in {
        "scorecard": "scorecard",
        "fct_goal_progress": "goal_progress",
        "fct_peer_comparison": "peer_comparison",
        "fct_equity_measures": "equity_measures",
    }.items():
        columns = {
            column["name"]: column["data_type"]
            for column in promised_models()[name]["columns"]
            if mart not in ("fct_goal_progress", "fct_equity_measures") or column["name"] != "publication_status"
        }
        con.execute(f"create or replace table marts.{mart} ({', '.join(f'{column} {kind}' for column, kind in columns.items())})")
        for row in tables.get(name, []):
            values = {column: value for column, value in row.items() if column in columns}
            con.execute(
                f"insert into marts.{mart} ({', '.join(values)}) values ({', '.join('?' * len(values))})", list(values.values())
            )


NOT_OF_DBT = {
    "release": {
        "release_id": "varchar",
        "created_at": "timestamp",
        "data_as_of": "timestamp",
        "code_version": "varchar",
        "content_hash": "varchar",
        "as_of": "timestamp",
    }
}


@cache
def shipped_texts() -> dict[tuple[str, str], tuple[str, str]]:
    """The texts of the seeds and their review status, by id and language."""
    found = {}
    for language in ("en", "es", "hmn"):
        with (SEEDS / f"texts_{language}.csv").open(encoding="utf-8") as file:
            for line in csv.DictReader(file):
                found[line["text_id"], language] = (line["text"], line["review_status"])
    return found


def texts(tables: dict[str, list[dict[str, Any]]]) -> list[dict[str, Any]]:
    found = dict(shipped_texts())
    named = {f"measure.{m['measure_id']}": m["name"] for m in tables["measures"]}
    named |= {f"measure_question.{m['measure_id']}": m["question"] for m in tables["measures"]}
    named |= {f"goal.{goal['goal_id']}": goal["title"] for goal in tables["goals"]}
    named |= {f"race_ethnicity.{code}": code.capitalize() for code in GROUPS} | {"race_ethnicity.other_groups_combined": "Others"}
    named |= {"department.mhd": "Health Department", "engagement_theme.housing": "Housing", "engagement_theme.parks": "Parks"}
    named |= {f"engagement_answer.{code}": code for code in ("adopted", "adapted", "declined", "pending")}
    named |= {"declined_reason.no_budget": "No money in the budget"}
    found |= {(text_id, "en"): (text, "none") for text_id, text in named.items()}
    return [
        {
            "text_id": text_id,
            "subject": text_id.split(".")[0],
            "code": text_id.split(".", 1)[1],
            "language": language,
            "text": text,
            "review_status": status,
        }
        for (text_id, language), (text, status) in found.items()
        if language == "en" or (text_id, "en") in found
    ]
