"""The values of queries about sources, maps, measures and deliveries, from contracts, seeds and delivered files."""

from __future__ import annotations

from collections import Counter, defaultdict

import pytest

from tests.support.query_values.release import Release, Row, check_equal, value_of
from warehouse.connection import run_query


@value_of("What misleads?")
def warnings(release: Release, rows: list[Row]) -> None:
    listed = "select table_name, column_name, comment from duckdb_columns() where schema_name = 'marts'"
    columns = run_query(release.home.published_analyst, listed, 60).to_pylist()
    expected = [
        (row["table_name"], row["column_name"], row["comment"].split("Warning: ", 1)[1])
        for row in columns
        if "Warning: " in (row["comment"] or "")
    ]
    check_equal(rows, expected, "table_name", "column_name", "warning")


@value_of("Who gets building permits?")
def sources_of_an_area(release: Release, rows: list[Row]) -> None:
    """A source has rows exactly if its folder of deliveries has a file."""
    expected = {row["source"] for row in release.fact("dim_source") if row["policy_area"] == "housing"}
    assert {row["source"] for row in rows} == expected
    for row in rows:
        folder = release.deliveries / row["source"]
        assert (row["rows_delivered"] > 0) == (folder.is_dir() and any(folder.iterdir())), row["source"]
        assert (row["data_as_of"] is not None) == (row["rows_delivered"] > 0), row["source"]


@value_of("Which measures exist, and with which caveats?")
def measures(release: Release, rows: list[Row]) -> None:
    newest: dict[str, int] = defaultdict(int)
    for row in release.rows("reference.measure_registry"):
        newest[row["measure_id"]] = max(newest[row["measure_id"]], row["measure_version"])
    sources = {row["source"] for row in release.fact("dim_source")}
    registry = {(row["measure_id"], row["measure_version"]): row for row in release.rows("reference.measure_registry")}
    of_city = {key: row for key, row in registry.items() if row["source"] in {*sources, None} and newest[key[0]] == key[1]}
    check_equal(rows, [(*key, row["question"]) for key, row in of_city.items()], "measure_id", "measure_version", "question")
    for row in rows:
        caveat = of_city[row["measure_id"], row["measure_version"]]["caveat"] or ""
        assert row["caveat"].startswith(caveat)


@value_of("How good are the data of each source?")
def quality_of_sources(release: Release, rows: list[Row]) -> None:
    assert {row["source"] for row in rows} == {r["source"] for r in release.rows("quality.source_status") if r["rows_delivered"]}
    missing = {row["race_ethnicity_code"] for row in release.fact("dim_race_ethnicity") if row["kind"] == "missing"}
    for source, fact in (("fpc__police_stops", "fct_police_stops"), ("mhd__lead_tests", "fct_lead_tests")):
        records = release.fact(fact)
        for row in rows:
            if row["source"] == source and records and row["known_race_pct"] is not None:
                known = sum(each["race_ethnicity_code"] not in missing for each in records)
                assert row["known_race_pct"] == pytest.approx(100 * known / len(records)), source


@value_of("Which maps exist, and since when?")
def maps(release: Release, rows: list[Row]) -> None:
    places = release.fact("dim_geography")
    counted = Counter((row["geography_type"], row["geography_vintage"]) for row in places)
    outlines = Counter((r["geography_type"], r["geography_vintage"]) for r in places if r["geometry_wkb"] is not None)
    expected = [(*key, n, outlines[key]) for key, n in counted.items()]
    check_equal(rows, expected, "geography_type", "geography_vintage", "places", "outlines")
    for seed in release.rows("reference.geography_vintages"):
        for row in rows:
            if (row["geography_type"], row["geography_vintage"]) == (seed["geography_type"], seed["geography_vintage"]):
                assert (row["valid_from"], row["valid_to"]) == (seed["valid_from"], seed["valid_to"])


@value_of("Which records could not be geocoded?")
def geocode_misses(release: Release, rows: list[Row]) -> None:
    """Requests of each district, and those of them whose place no address or point gave."""
    placed = ("address", "address_relaxed", "delivered_point")
    requests, missed = Counter[str](), Counter[str]()
    for each in release.fact("fct_service_requests"):
        district = each["aldermanic_district_geoid"] or "unknown"
        requests[district] += 1
        missed[district] += each["geocode_quality"] not in placed and district != "outside"
    found = [row for row in rows if (row["source"], row["geography_type"]) == ("ucc__service_requests", "aldermanic_district")]
    expected = [(code, n, missed[code], 100 * missed[code] / n) for code, n in requests.items()]
    check_equal(found, expected, "geoid", "rows", "missed", "missed_pct")


@value_of("Has a definition changed?")
def definitions(release: Release, rows: list[Row]) -> None:
    known = {row["measure_id"] for row in release.fact("dim_measure")}
    assert {row["measure_id"] for row in rows} <= known
    redrawn = {(r["geography_type"], r["valid_from"]) for r in release.fact("dim_geography") if r["valid_from"] is not None}
    for row in rows:
        assert (row["cause"] != "new_map") or (row["geography_type"], row["series_break_on"]) in redrawn
    by_seed = {
        (row["measure_id"], row["series_break_note"])
        for row in release.rows("reference.series_breaks")
        if row["measure_id"] in known
    }
    found = {(row["measure_id"], row["series_break_note"]) for row in rows}
    versions = Counter(row["measure_id"] for row in release.fact("dim_measure"))
    assert {measure for measure, n in versions.items() if n > 1} <= {measure for measure, _ in found}
    assert by_seed & found


@value_of("What was delivered for this release?")
def deliveries(release: Release, rows: list[Row]) -> None:
    results = ("rows_staged", "rows_rejected", "rows_blank", "rows_duplicate", "rows_superseded")
    delivered: Counter[str] = Counter()
    for row in rows:
        assert row["rows_delivered"] == sum(row[name] for name in results), row
        delivered[row["source"]] += row["rows_delivered"]
    for source in ("ucc__service_requests", "fpc__police_stops", "census__blocks_2020"):
        assert delivered[source] == len(release.delivered(source)), source
    loads = {(row["source"], row["sequence"]): row["run_id"] for row in release.rows("quality.loads")}
    releases = {row["run_id"]: row["release_id"] for row in release.rows("quality.runs")}
    assert all(row["release_id"] == releases.get(loads[row["source"], row["sequence"]]) for row in rows)


@value_of("Which caveats does the public file have?")
def public_caveats(release: Release, rows: list[Row]) -> None:
    city = {row["city_geoid"] for row in release.rows("published.release")}
    sources = {row["source"]: row for row in release.fact("dim_source")}
    expected = []
    for row in release.fact("dim_measure"):
        if row["is_current"] and row["source"] in sources:
            source = sources[row["source"]]
            is_other = len(source["jurisdiction"]) == 7 and source["jurisdiction"] not in city
            expected.append((row["question"], row["caveat"], source["title"], is_other))
    check_equal(rows, expected, "question", "caveat", "title", "is_stand_in")
