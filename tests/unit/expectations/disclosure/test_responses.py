"""What readers learn from the published counts of engagement responses, alone and together with earlier ones."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace

from expectations.disclosure.audit import run_audit
from expectations.disclosure.equations.attacker_model import AttackerModel, build_attacker_model
from expectations.disclosure.inputs.audit_inputs import AuditedMeasure, MedianRecords, Published, Row
from expectations.disclosure.release_differencing import small_changes
from tests.unit.expectations.disclosure.world import CITY, leaking, measure, published_rows, where

ANSWERS = ("adopted", "pending")
INPUTS = measure("count", "inputs", numerator="engagement_inputs", denominator=None)
OF_ANSWER = {name: measure("count", name, numerator=f"{name}_at_close", denominator=None) for name in ANSWERS}
ANSWERED = measure("proportion", "answered", numerator="in_time", denominator="followed")
DAYS = measure("median", "days", records="engagement_inputs", denominator=None)
SUMS = (("engagement_inputs", tuple(of.numerator for of in OF_ANSWER.values())),)
Themes = Mapping[str, tuple[int, int]]


def _rows(themes: Themes, hidden: Iterable[str] = (), *, is_published: bool = True) -> list[Row]:
    rows = []
    for theme, counts in themes.items():
        numbers: list[tuple[AuditedMeasure, int, str]] = [(INPUTS, sum(counts), "individual")]
        numbers += [(OF_ANSWER[name], count, "aggregate") for name, count in zip(ANSWERS, counts, strict=True)]
        for of, number, method in numbers:
            at = where(stratum_type="engagement_theme", stratum_code=theme)
            is_hidden = theme in hidden
            status = ("suppressed" if is_hidden else "published") if is_published else None
            figures = {} if is_hidden else {"numerator": float(number), "value": float(number)}
            rows.append(Row(of, at, method, CITY, status, figures, {"value_status": "computed"}))
    return rows


def _followed(count: float) -> Row:
    return Row(ANSWERED, where(), "individual", CITY, "published", {"numerator": 90.0, "denominator": count}, {})


def _model(published: Published, themes: Themes, followed: float, total: float) -> AttackerModel:
    truth = [*_rows(themes, is_published=False), _followed(followed)]
    return build_attacker_model(published, truth, medians=MedianRecords({(DAYS, where()): total}))


def _attack(themes: Themes, hidden: Iterable[str], followed: float) -> set[str]:
    median = Row(DAYS, where(), "individual", CITY, "published", {"value": 40.0}, {"value_status": "computed"})
    out = replace(
        published_rows([*_rows(themes, hidden), _followed(followed), median], subsets=[("followed", "engagement_inputs")]),
        sums=SUMS,
    )
    total = float(sum(map(sum, themes.values())))
    return {f"{records} {at.stratum_code}" for records, at in leaking(run_audit(_model(out, themes, followed, total)))}


def test_all_themes_and_a_published_denominator_reveal_the_few_that_were_not_followed() -> None:
    themes = {"parks": (60, 40), "jobs": (50, 50), "roads": (70, 30)}
    assert _attack(themes, (), 297) == {"engagement_inputs but followed all"}
    assert not _attack(themes, (), 300)
    assert not _attack(themes, (), 280)
    assert not _attack(themes, ("parks", "jobs"), 297)


def test_two_hidden_themes_hold_enough_where_the_total_is_known() -> None:
    """Each hidden theme has an input: 3 of 11 is 1 to 10, and 3 of 12 is 1 to 11."""
    assert "engagement_inputs other" in _attack({"parks": (60, 40), "jobs": (4, 4), "other": (3, 0)}, ("jobs", "other"), 111)
    assert not _attack({"parks": (60, 40), "jobs": (50, 41), "other": (3, 0)}, ("jobs", "other"), 194)


def test_one_withdrawn_input_is_a_small_change() -> None:
    before, now = {"parks": (108, 40), "jobs": (50, 50)}, {"parks": (107, 40), "jobs": (50, 50)}

    def changed(themes: Themes) -> set[str]:
        out = replace(published_rows(_rows(themes), ledger=_rows(before)), sums=SUMS)
        model = build_attacker_model(out, _rows(themes, is_published=False))
        return {f"{records} {at.stratum_code}" for records, at in small_changes(model, out)}

    assert changed(now) >= {"engagement_inputs parks", "adopted_at_close parks"}
    assert not changed(before)
    assert not changed({"parks": (120, 40), "jobs": (50, 50)})
