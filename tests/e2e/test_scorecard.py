"""The scorecard of a release: one filter gives one number, hidden rows show nothing, and every text is there."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import duckdb
import pytest

from ingest.city import read_city
from orchestration.translations.texts import english_texts
from warehouse.paths import Home

GRAIN = "measure_id, period_type, period_start, geography_type, geoid, race_ethnicity_code"


@pytest.fixture
def released(first_release: tuple[Path, dict[str, Any]]) -> Iterator[duckdb.DuckDBPyConnection]:
    """Both files of the first release, attached as `analyst` and `public`."""
    home = Home(first_release[0])
    with duckdb.connect() as connection:
        connection.execute(f"attach '{home.published_analyst}' as analyst (read_only)")
        connection.execute(f"attach '{home.published_public}' as public (read_only)")
        yield connection


def test_one_filter_gives_one_number(released: duckdb.DuckDBPyConnection) -> None:
    for table in ("public.published.scorecard", "analyst.marts.scorecard"):
        for filters in (GRAIN, "measure, period, place, group_name"):
            rows, kinds = released.execute(f"select count(*), count(distinct ({filters})) from {table}").fetchall()[0]
            assert rows == kinds > 10_000, (table, filters)
    several = released.execute(
        f"select count(*) from (select 1 from public.published.equity_measures where stratum_type = 'all' group by {GRAIN} "
        "having count(*) > 1)"
    ).fetchone()
    assert several and several[0] > 500, "without the mark a filter gives several rows"


def test_both_files_have_the_same_columns(released: duckdb.DuckDBPyConnection) -> None:
    described = [
        released.execute(f"describe {table}").fetchall() for table in ("public.published.scorecard", "analyst.marts.scorecard")
    ]
    assert described[0] == described[1]


def test_a_hidden_row_shows_no_number_and_no_word(released: duckdb.DuckDBPyConnection) -> None:
    """Also a row that is compared with a hidden one shows no comparison with it."""
    hidden = "public.published.scorecard where status_code in ('hidden', 'hidden_at_source')"
    columns = [name for name, kind, *_ in released.execute(f"describe select * from {hidden}").fetchall() if kind == "DOUBLE"]
    words = ["compared_with_city", "compared_with_reference", "reference_code", "change_word", "trend_word", "change_from"]
    emptied = [name for name in (*columns, *words) if name != "denominator"]
    counts = released.execute(f"select count(*), {', '.join(f'count({name})' for name in emptied)} from {hidden}").fetchall()[0]
    assert counts[0] > 20 and not any(counts[1:]), dict(zip(emptied, counts[1:], strict=True))
    leaks = released.execute(
        "select count(*) from public.published.scorecard as row inner join public.published.scorecard as city "
        "on row.measure_id = city.measure_id and row.period_type = city.period_type and row.period_start = city.period_start "
        "and row.race_ethnicity_code = city.race_ethnicity_code "
        "where city.geography_type = 'city' and city.status_code = 'hidden' and row.city_value is not null"
    ).fetchone()
    assert leaks == (0,)


def test_words_agree_with_the_intervals_that_readers_see(released: duckdb.DuckDBPyConnection) -> None:
    """A word never contradicts the ranges next to it: higher is above the city's figure, and ranges that are apart differ."""
    wrong = released.execute(
        "select count(*) filter (compared_with_city = 'higher' and coalesce(ci_low, value) <= city_value), "
        "count(*) filter (compared_with_city = 'lower' and coalesce(ci_high, value) >= city_value), "
        "count(*) filter (change_word = 'higher' and change_ci_low <= 0), "
        "count(*) filter (change_word = 'lower' and change_ci_high >= 0), "
        "count(*) filter (basis = 'where_people_live' and compared_with_reference is not null), "
        "count(*) filter (compared_with_city in ('higher', 'lower')), count(*) filter (change_word in ('higher', 'lower')) "
        "from public.published.scorecard"
    ).fetchall()[0]
    assert wrong[:5] == (0, 0, 0, 0, 0)
    assert min(wrong[5:]) > 100


def test_each_label_is_filled_and_each_measure_has_figures_or_a_reason(released: duckdb.DuckDBPyConnection) -> None:
    labels = ("measure", "question", "period", "place", "group_name", "unit_text", "basis_text", "status_text")
    empty = released.execute(
        f"select {', '.join(f'count(*) - count({name})' for name in labels)}, "
        "count(*) filter (compared_with_reference is not null and compared_with_reference_text is null), "
        "count(*) filter (change_word is not null and change_text is null) from public.published.scorecard"
    ).fetchall()[0]
    assert not any(empty), empty
    silent = released.execute(
        "select measure_id from public.published.measures where is_current and "
        "(availability_text is null or public_caveat is null or (availability <> 'shown' and featured_geoid is not null))"
    ).fetchall()
    assert silent == []


def test_english_texts_of_the_release_are_those_of_the_spreadsheets(released: duckdb.DuckDBPyConnection) -> None:
    """`dim_text` reads in SQL what `translations export` reads from the seeds; goals are those of the city."""
    published = dict(released.execute("select text_id, text from public.published.texts where language = 'en'").fetchall())
    exported = {
        text_id: text for text_id, text in english_texts().items() if text_id in published or not text_id.startswith("goal.")
    }
    for layer in read_city(None, "sampleton").layers:
        if not layer.tables_only:  # the names of a state whose tables alone are used are not published
            exported |= english_texts(layer.folder / "seeds")
    assert published == exported
