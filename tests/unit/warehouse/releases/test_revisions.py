"""Figures of other publishers in two releases: revised, new, withdrawn, without a value for another reason, and removed."""

from __future__ import annotations

from typing import Any

import duckdb
import pytest

from warehouse.releases.comparison.differences import FIGURE, Revision, find_revisions

ARRESTS, WORK = "urban__juvenile_arrests", "urban__employment"
Figure = tuple[Any, ...]
# source, place, last day, group, value, upper bound, reason
EARLIER: list[Figure] = [
    (ARRESTS, "1", "2021-12-31", "white", 700.0, None, None),
    (ARRESTS, "1", "2021-12-31", "black", 3104.0, None, None),
    (ARRESTS, "1", "2021-12-31", "hispanic", 511.0, None, None),
    (ARRESTS, "2", "2021-12-31", "hispanic", 300.0, None, None),
    (ARRESTS, "2", "2021-12-31", "black", 0.0, None, None),
    (ARRESTS, "2", "2021-12-31", "white", None, None, "suppressed_at_source"),
    (WORK, "1", "2023-12-31", "black", 70.9, 73.0, None),
]


def revisions(later: list[Figure], earlier: list[Figure] = EARLIER) -> dict[str, Revision]:
    with duckdb.connect() as con:
        for name, figures in (("before", earlier), ("after", later)):
            con.execute(f"attach ':memory:' as {name}; create schema {name}.marts")
            con.execute(
                f"create table {name}.marts.fct_published_estimates (source varchar, geoid varchar, period_end date, "
                "race_ethnicity_code varchar, value double, bound_high double, value_missing_reason varchar, "
                "published_measure varchar default 'figure', geography_type varchar default 'city', "
                "geography_vintage varchar default 'current', period_start date default '2019-01-01', "
                "stratum_type varchar default 'all', stratum_code varchar default 'all', _load_id uuid default uuid())"
            )
            columns = "source, geoid, period_end, race_ethnicity_code, value, bound_high, value_missing_reason"
            for figure in figures:
                con.execute(
                    f"insert into {name}.marts.fct_published_estimates ({columns}) values (?, ?, ?, ?, ?, ?, ?)", list(figure)
                )
        return {found.source: found for found in find_revisions(con)}


def test_the_same_figures_of_another_load_are_no_revision() -> None:
    assert revisions([(*figure[:4], figure[4] and figure[4] * (1 + 1e-12), *figure[5:]) for figure in EARLIER]) == {}


def test_a_later_release_revises_adds_withdraws_and_removes_figures() -> None:
    hidden = (None, None, "suppressed_at_source")
    found = revisions(
        [
            (ARRESTS, "1", "2021-12-31", "white", 800.0, None, None),
            (ARRESTS, "1", "2021-12-31", "black", 3725.0, None, None),
            (ARRESTS, "1", "2021-12-31", "hispanic", *hidden),
            (ARRESTS, "2", "2021-12-31", "hispanic", *hidden),
            (ARRESTS, "2", "2021-12-31", "black", None, None, "not_collected"),
            (ARRESTS, "2", "2021-12-31", "white", 5.0, None, None),
            (ARRESTS, "1", "2023-12-31", "black", 2900.0, None, None),
        ]
    )
    arrests = found[ARRESTS]
    assert (arrests.figures, arrests.revised, arrests.added, arrests.removed) == ((5, 4), 2, 2, 0)
    assert arrests.new_periods == ("2023-12-31",)
    assert (arrests.withdrawn, arrests.withdrawn_groups) == (2, ("hispanic 2021-12-31",))
    assert arrests.without_value == {"not_collected": 1}
    # relative to the figure, and never a withdrawn value
    assert [(change.key["race_ethnicity_code"], change.before, change.after, change.by) for change in arrests.top] == [
        ("black", 3104.0, 3725.0, 621.0),
        ("white", 700.0, 800.0, 100.0),
    ]
    assert set(arrests.top[0].key) == set(FIGURE)
    assert (found[WORK].figures, found[WORK].removed, found[WORK].withdrawn) == ((1, 0), 1, 0)


def test_a_group_that_is_withdrawn_in_some_places_is_not_listed_as_withdrawn() -> None:
    later = [*EARLIER[:2], (*EARLIER[2][:4], None, None, "suppressed_at_source"), *EARLIER[3:]]
    arrests = revisions(later)[ARRESTS]
    assert (arrests.withdrawn, arrests.withdrawn_groups) == (1, ())


@pytest.mark.parametrize("changed", [(70.9, 74.0, None), (71.9, 73.0, None)])
def test_a_revised_bound_is_a_revision_too(changed: tuple[Any, ...]) -> None:
    work = revisions([*EARLIER[:-1], (*EARLIER[-1][:4], *changed)])[WORK]
    assert work.revised == 1
    assert [change.after for change in work.top] == ([71.9] if changed[0] != 70.9 else [])
