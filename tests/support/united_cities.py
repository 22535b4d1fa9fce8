"""Public files of invented cities with a few figures, and what the file that unites them contains."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import duckdb

from orchestration.translations.texts import english_texts

NEW, OLD = "2019-01-01", "2014-01-01"
_ENDS = {NEW: "2023-12-31", OLD: "2018-12-31"}
_SCORECARD = """
    measure_id varchar, measure_version integer, policy_area varchar, favourable_direction varchar, period_type varchar,
    period_start date, period_end date, geography_type varchar, geoid varchar, place varchar, race_ethnicity_code varchar,
    group_name varchar, group_kind varchar, group_order integer, basis varchar, publication_status varchar, status_code varchar,
    unit varchar, value double, ci_low double, ci_high double, reference_code varchar, compared_with_reference varchar,
    compared_reason varchar, rate_ratio double, rate_ratio_ci_low double, rate_ratio_ci_high double, gap_kind varchar, gap double,
    gap_low double, gap_high double, reliability varchar, status_reason varchar, is_latest boolean, is_featured boolean,
    is_stand_in boolean
"""
_PEERS = """
    measure_id varchar, measure_version integer, period_type varchar, period_start date, race_ethnicity_code varchar,
    reference_code varchar, geoid varchar, gap double, gap_ci_low double, gap_ci_high double, gap_ratio double,
    gap_ratio_ci_low double, gap_ratio_ci_high double, peers bigint, peers_median_gap double, peers_median_ratio double,
    rank_low bigint, rank_high bigint, is_rank_shown boolean
"""
_ORDER = {"all": 0, "black": 1, "hispanic": 2, "white": 3}
Rows = dict[str, Any]
WITH_CARE = {"reliability": "use_with_caution", "status_reason": "publisher_quality"}


def figure(
    measure: str,
    group: str,
    value: float | None,
    *,
    reference: str | None = None,
    word: str | None = None,
    gap: tuple[float, float, float] | None = None,
    **changes: Any,
) -> Rows:
    """A row of the scorecard; the ratio of money is half of the other group's, 0.45 to 0.55."""
    start = changes.pop("start", NEW)
    row: Rows = {
        "measure_id": measure, "measure_version": 1, "policy_area": "workforce", "favourable_direction": "higher",
        "period_type": "5_year", "period_start": start, "period_end": _ENDS[start], "geography_type": "city",
        "race_ethnicity_code": group, "group_name": group, "group_kind": "category", "group_order": _ORDER[group],
        "basis": "own_race", "status_code": changes.pop("status", "shown"), "unit": "percent", "value": value,
        "ci_low": None if value is None or word == "no_range" else value - 2.0,
        "ci_high": None if value is None or word == "no_range" else value + 2.0, "reference_code": reference,
        "compared_with_reference": word, "is_latest": True, "is_featured": True, "is_stand_in": False,
    }  # fmt: skip
    if gap is not None:
        row |= {"gap_kind": "difference", "gap": gap[0], "gap_low": gap[1], "gap_high": gap[2]}
        row |= {"rate_ratio": 0.5, "rate_ratio_ci_low": 0.45, "rate_ratio_ci_high": 0.55}
    return row | changes


def peer(
    measure: str,
    group: str,
    gap: float,
    ends: tuple[float, float],
    *,
    rank: tuple[int, int],
    is_rank_shown: bool,
    geoid: str | None = None,
) -> Rows:
    """A row of the comparison with like cities, of the city itself without `geoid`."""
    return {
        "table": "peer_comparison", "measure_id": measure, "measure_version": 1, "period_type": "5_year", "period_start": NEW,
        "race_ethnicity_code": group, "reference_code": "white", "geoid": geoid, "gap": gap, "gap_ci_low": ends[0],
        "gap_ci_high": ends[1], "peers": 9, "peers_median_gap": -7.5, "rank_low": rank[0], "rank_high": rank[1],
        "is_rank_shown": is_rank_shown,
    }  # fmt: skip


def city_file(path: Path, place_geoid: str, *rows: Rows, texts: bool = False) -> Path:
    """A public file with these rows, whose place is `place_geoid` unless they name another."""
    with duckdb.connect(path) as con:
        con.execute(
            f"create schema published; use published; create table scorecard ({_SCORECARD});"
            f"create table peer_comparison ({_PEERS});"
            "create table release as select 'r-1' as release_id, 'v1' as code_version, now() as created_at;"
            "create table measures as select 'jobs' as measure_id, 'The publisher' as licence_attribution;"
            "create table texts (text_id varchar, language varchar, text varchar, review_status varchar);"
            "create table languages (language_code varchar, own_name varchar, tag varchar, locale varchar, direction varchar, "
            "font varchar, sort_order integer);"
        )
        if texts:
            con.executemany("insert into texts values (?, 'en', ?, 'none')", list(english_texts().items()))
            con.execute("insert into languages values ('en', 'English', 'en', 'en_US', 'ltr', null, 1)")
        for row in rows:
            named = {"geoid": place_geoid, "place": f"Place {place_geoid}", **{k: v for k, v in row.items() if v is not None}}
            table = named.pop("table", "scorecard")
            if table == "peer_comparison":
                named.pop("place")
            con.execute(f"insert into {table} ({', '.join(named)}) values ({', '.join('?' * len(named))})", list(named.values()))
    return path


def compared(file: Path) -> dict[tuple[str, str, str], Rows]:
    """The rows of the comparison by city, measure and group."""
    with duckdb.connect(file, read_only=True) as con:
        found = con.execute("from published.city_comparison")
        names = [column[0] for column in found.description]
        rows = [dict(zip(names, row, strict=True)) for row in found.fetchall()]
    by_key = {(row["city"], row["measure_id"], row["race_ethnicity_code"]): row for row in rows}
    assert len(by_key) == len(rows), "one row per city, measure and group"
    return by_key
