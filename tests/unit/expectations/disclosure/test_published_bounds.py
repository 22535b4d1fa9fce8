"""Bounds for unknown race, of values and of ratios, are equations; words that reveal a figure are refused."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import partial

import pytest

from expectations.disclosure.audit import run_audit
from expectations.disclosure.equations.attacker_model import build_attacker_model
from expectations.disclosure.forbidden_disclosures import forbidden_disclosures
from expectations.disclosure.inputs.audit_inputs import AuditedMeasure, CellKey, Row
from tests.unit.expectations.disclosure.world import (
    leaked_bounds,
    leaking,
    measure,
    month,
    publish,
    published_rows,
    slice_rows,
    where,
)

SEARCHED, STOPS, VISITS = measure("proportion", "searched"), measure("composition", "stops"), measure("rate", "visits")
COUNTS = {
    "black": (60, 200), "white": (90, 500), "asian": (30, 70), "asian_or_nhpi": (16, 48), "declined": (20, 80),
}  # fmt: skip
MEMBERS = {"asian_or_nhpi": frozenset({"asian"})}


def bounds(of: AuditedMeasure, counts: Mapping[str, tuple[float, float]], race: str, reference: str) -> dict[str, float]:
    """Bounds of a group's value and of its ratio, from the formulas of docs/rules.md, Ratio bounds, not from the attack's."""
    label = counts["asian_or_nhpi"]
    whole = counts["declined"]

    def unknown(of_race: str) -> tuple[float, float]:
        return (whole[0] + label[0], whole[1] + label[1]) if of_race == "asian" else whole

    def ends(pair: tuple[float, float], others: tuple[float, float]) -> tuple[float, float]:
        if of.kind == "proportion":
            return pair[0] / (pair[1] + others[1] - others[0]), (pair[0] + others[0]) / (pair[1] + others[0])
        total = sum(x for x, _ in counts.values()) if of.kind == "composition" else pair[1]
        return pair[0] / total, (pair[0] + others[0]) / total

    groups = [code for code in ("black", "white", "asian") if code != race]
    rest = (sum(counts[code][0] for code in groups), sum(counts[code][1] for code in groups))
    low, high = ends(counts[race], unknown(race))
    other_low, other_high = ends(rest, unknown(race)) if reference == "rest" else ends(counts[reference], unknown(reference))
    found = {"bound_low": of.factor * low, "bound_high": of.factor * high}
    if race != reference:
        found |= {"rate_ratio_bound_low": low / other_high, "rate_ratio_bound_high": high / other_low}
    return found


def truth(of: AuditedMeasure, reference: str = "white") -> list[Row]:
    rows = slice_rows(of, where(), COUNTS, reference=reference)
    return [
        row._replace(figures={**row.figures, **bounds(of, COUNTS, row.where.race, reference)})
        if row.where.race in ("black", "white", "asian")
        else row._replace(figures={k: v for k, v in row.figures.items() if not k.startswith("bound")})
        for row in rows
    ]


def changed(rows: tuple[Row, ...], race: str, change: Callable[[Row], Row]) -> tuple[Row, ...]:
    return tuple(change(row) if row.where.race == race else row for row in rows)


def refused(rows: tuple[Row, ...]) -> set[str]:
    return {disclosure.what for disclosure in forbidden_disclosures(replace(published_rows(rows), members=MEMBERS))}


# A public denominator has no rest of known race.
@pytest.mark.parametrize(("of", "reference"), [(SEARCHED, "white"), (SEARCHED, "rest"), (STOPS, "white"), (VISITS, "white")])
def test_bounds_of_values_and_ratios_are_equations(of: AuditedMeasure, reference: str) -> None:
    rows = truth(of, reference)
    good = run_audit(build_attacker_model(replace(published_rows(publish(rows)), members=MEMBERS), rows))
    assert not good.contradictions and not good.leaks
    for name in ("bound_low", "bound_high", "rate_ratio_bound_low", "rate_ratio_bound_high"):
        spoilt = changed(publish(rows), "black", partial(_with_figure, name=name))
        found = {
            family
            for family, *_ in run_audit(
                build_attacker_model(replace(published_rows(spoilt), members=MEMBERS), rows)
            ).contradictions
        }
        assert ("bounds of ratios" if name.startswith("rate") else "bounds") in found, name


def test_a_label_that_a_group_cannot_have_is_revealed_by_its_bounds() -> None:
    """Bounds of Black leave the combined label out, the known share does not: their difference is the label's count."""
    counts = COUNTS | {"asian_or_nhpi": (6, 8)}
    rows = slice_rows(STOPS, where(), counts)
    rows = [
        row._replace(figures={**row.figures, **bounds(STOPS, counts, row.where.race, "white")})
        if row.where.race in ("black", "white", "asian")
        else row._replace(figures={k: v for k, v in row.figures.items() if not k.startswith("bound")})
        for row in rows
    ]
    rows = [row._replace(figures={k: v for k, v in row.figures.items() if not k.startswith("rate_ratio")}) for row in rows]
    out = publish(rows, [where("asian_or_nhpi"), where("declined")])
    found = run_audit(build_attacker_model(replace(published_rows(out), members=MEMBERS), rows))
    assert leaked_bounds(found) == [("asian_or_nhpi", 6, 6)]
    assert "bounds that leave out a hidden label" in refused(out)
    # a slice without the label has no row of it, and its bounds reveal nothing
    nowhere = [row for row in out if row.where.race != "asian_or_nhpi"]
    assert "bounds that leave out a hidden label" in refused(nowhere)
    found_nowhere = forbidden_disclosures(replace(published_rows(nowhere), members=MEMBERS), labelled=frozenset())
    assert "bounds that leave out a hidden label" not in {disclosure.what for disclosure in found_nowhere}
    without = tuple(row._replace(figures={k: v for k, v in row.figures.items() if not k.startswith("bound")}) for row in out)
    assert not leaking(run_audit(build_attacker_model(replace(published_rows(without), members=MEMBERS), rows)))
    assert not refused(without)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda row: row._replace(figures=_without(row, "bound_low", "bound_high")), "bounds of a ratio without the bounds"),
        (
            lambda row: row._replace(words={**row.words, "bound_source": "unknown_race"}, figures=_without(row, "bound_low")),
            "bound_source without bounds",
        ),
        (lambda row: row._replace(words={**row.words, "value_status": "bounded"}), "bounds over hidden cells"),
        (
            lambda row: row._replace(words={**row.words, "is_significant_fdr": "True"}, figures=_without(row, "rate_ratio")),
            "is_significant_fdr without a ratio",
        ),
    ],
    ids=["ratio", "source", "bounded", "significant"],
)  # fmt: skip
def test_figures_next_to_a_hidden_figure_are_forbidden(change: Callable[[Row], Row], message: str) -> None:
    out = publish(truth(SEARCHED))
    assert not refused(out)
    assert any(what.startswith(message) for what in refused(changed(out, "black", change)))


def test_bounds_of_a_ratio_need_the_reference_bounds() -> None:
    out = publish(truth(SEARCHED))
    hidden = changed(out, "white", lambda row: row._replace(figures=_without(row, "bound_low", "bound_high")))
    assert "bounds of a ratio without the bounds from which they are made" in refused(hidden)


def _with_figure(row: Row, name: str) -> Row:
    return row._replace(figures={**row.figures, name: row.figures[name] * 1.01})


def _with_word(row: Row, word: str) -> Row:
    return row._replace(words={**row.words, word: "x"})


def _without(row: Row, *names: str) -> dict[str, float]:
    return {name: figure for name, figure in row.figures.items() if name not in names}


def _covered(at: CellKey, **of_race: float) -> tuple[Row, ...]:
    rows = publish(slice_rows(SEARCHED, at, COUNTS))
    return tuple(row._replace(figures={**row.figures, "period_coverage_pct": of_race.get(row.where.race, 97.0)}) for row in rows)


def test_how_much_of_a_period_is_covered_is_one_figure() -> None:
    assert not refused((*_covered(month(1)), *_covered(month(2))))
    assert "period_coverage_pct of a group or place" in refused(_covered(month(1), black=96.0))


def test_a_hidden_row_shows_only_how_its_place_is_counted() -> None:
    rows = publish(truth(SEARCHED), [where("black"), where("asian")])
    hidden = changed(rows, "black", lambda row: row._replace(words={**row.words, "population_fit": "estimated_good"}))
    assert refused(hidden) == refused(rows)
    for word in ("bound_source", "is_significant_fdr"):
        spoilt = changed(rows, "black", partial(_with_word, word=word))
        assert f"{word} of a hidden row" in refused(spoilt)
