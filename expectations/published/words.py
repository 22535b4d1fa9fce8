"""Check that every word column of the public file follows from the numbers next to it (`words.sql`), whatever model wrote it.

See `pages` for what the pages of the site say.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

from expectations.results import ExpectationResult, GateResult
from warehouse.connection import joined
from warehouse.printable import first_names
from warehouse.sql import named_rows

SUBJECT = "published.words"
QUERY = Path(__file__).with_name("words.sql")
LISTED = 3
MESSAGES = {
    "word_without_figure": "a word of a comparison or change is in a row that shows no figure",
    "word_of_unfinished_period": "a period that the records do not cover is compared",
    "reason_and_word_disagree": "a row that is not compared has no reason, or another row has one",
    "ratio_of_what_is_not_compared": "a row that is not compared, or without a known range, has a ratio",
    "word_without_ratio": "a row without a ratio or difference has a word of comparison",
    "direction_or_range_contradicts": "higher or lower is in a row whose figures or ranges do not exclude the opposite",
    "ranges_are_apart": "a row whose ranges exclude no difference has neither higher nor lower",
    "no_range_is_known": "a word needs a likely range, and none is known",
    "reference_is_hidden": "a row is compared with a reference that shows no figure",
    "outside_the_margin": "about the same is in a row whose range reaches beyond the margin of its unit",
    "label_of_another_word": "the text of a word is that of another word",
    "hidden_row_says_something": "a hidden row has a word, a reason or a coverage",
    "figure_of_unfinished_period": "a figure of a period that the records do not cover is published",
    "unfinished_period_is_featured": "a period that the records do not cover opens a page",
    "caution_is_missing": "a row lacks the caution of its figure in equity_measures",
    "coverage_ends_before_it_starts": "covered_until is before covered_from",
    "range_on_a_full_count": "a full count has a likely range",
    "range_of_no_kind": "a row has a likely range, and its kind is none",
    "chance_range_of_repeated_events": "a row has a range, and is not compared because a range would allow for chance only",
    "goal_of_unfinished_period": "the status of a goal uses a period that the records do not cover",
    "goal_and_figures_disagree": "a goal is met or on track, and its figure is not there",
    "rank_without_range": "a city is ranked among others without a known range",
    "rank_outside_the_cities": "a rank is not between 1 and the number of cities",
}


class Violation(NamedTuple):
    """A word, sentence or mark that its row does not support, in words. All of it is public."""

    rule: str
    column: str | None
    text: str


def in_words(about: Iterable[object], text_id: str | None, figures: str, language: str = "all languages") -> str:
    """The measure, place, period and group, the text with its language, and the figures."""
    return f"{', '.join(map(str, about))}: {f'text {text_id} ({language}); ' if text_id else ''}{figures}"


def gate_words(database: Path, *, rules: str = "release.reference.measure_rules") -> GateResult:
    """Recompute from each row of the public file whether its words may be said. `rules`: the table of thresholds."""
    query = QUERY.read_text(encoding="utf-8").replace("{published}", "public.published").replace("{rules}", rules)
    with joined(database) as con:
        rows = named_rows(con.execute(query))
    found = []
    for row in rows:
        period, group = f"{row['period_type']} {row['period_start']}", row["race_ethnicity_code"] or "all"
        text = in_words((row["measure_id"], row["place"], period, group), row["text_id"], row["figures"])
        found.append(Violation(row["rule"], row["column_name"], text))
    return GateResult("build", SUBJECT, results(found, MESSAGES))


def results(violations: Iterable[Violation], messages: dict[str, str]) -> tuple[ExpectationResult, ...]:
    """Return one finding per rule, which names the first violations; rules without one have passed."""
    by_rule: dict[str, list[Violation]] = defaultdict(list)
    for violation in violations:
        by_rule[violation.rule].append(violation)
    findings = []
    for rule, message in messages.items():
        found = by_rule[rule]
        text = f"{message}: {first_names([one.text for one in found], LISTED, '; ')}" if found else message
        column = found[0].column if found else None
        findings.append(ExpectationResult(rule, column, "critical", not found, float(len(found)), 0.0, text, found=len(found)))
    return tuple(findings)
