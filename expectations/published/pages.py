"""Check every sentence and mark of a rendered site against the public file that it is about, before either is published.

A sentence is read back (`reading`), so that the check depends on no code that writes pages, only on attributes of their HTML:
`data-answer` (the sentences about a measure), `data-row` (a row of a chart or table, by its key), and the classes of its marks.
`words` checks the words of the file itself.
"""

from __future__ import annotations

import html
import re
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from expectations.published.reading import Language, Reading, are, equal, numbers, plain
from expectations.published.words import Violation, results
from expectations.results import GateResult, Severity
from warehouse.connection import open_from_disk

SUBJECT = "published.pages"
KEY = ("measure_id", "period_type", "period_start", "geography_type", "geoid", "race_ethnicity_code")
SEVERITY: Severity = "warning"
MESSAGES = {
    "sentence_of_no_text": "a sentence about a measure is that of no text",
    "sentence_and_row_disagree": "a sentence uses a word that its row does not have",
    "sentence_of_no_figure": "a sentence names a group that has no figure",
    "figure_of_a_sentence": "a number in a sentence is not that of its row",
    "period_of_a_sentence": "a sentence names another period than its row",
    "worse_off_group_is_missing": "a summary leaves out a group that is worse off",
    "summary_starts_elsewhere": "a summary does not start with the largest gap of a group that is worse off",
    "unfinished_period_is_said": "a sentence or mark uses a period that the records do not cover",
    "row_is_unknown": "a page shows a row that the public file does not have",
    "figure_of_a_mark": "a figure, range or ratio on a page is not that of its row",
    "mark_without_figure": "a row without a figure has a mark, or a row with a figure has none",
    "word_of_a_mark": "a row of a page has a word that its row in the public file does not have",
    "gap_is_not_compared": "a row that is not compared has a ratio or a line for its gap",
    "caution_is_not_shown": "a figure to use with caution has no mark of it",
    "page_is_not_checked": "the site has no sentence or row that this gate recognizes",
}
WORDS = ("higher", "lower", "about_the_same", "cannot_tell", "no_range", "not_compared")
WORD = re.compile(rf"(?:^|_)({'|'.join(WORDS)})(?:_|$)")
WORSE = {"lower": "higher", "higher": "lower"}  # by the favourable direction
ANSWER = re.compile(r'<(ul|div|section)\b[^>]*\bdata-answer="([^"]+)"[^>]*>(.*?)</\1>', re.DOTALL)
SENTENCE = re.compile(r"<(li|p)(?: class=\"sentence\")?>(.*?)</\1>", re.DOTALL)
ROW = re.compile(r'<(tr|p|li)\b[^>]*\bdata-row="([^"]+)"[^>]*>(.*?)</\1>', re.DOTALL)
FIGURE = re.compile(r"<b>(.*?)</b>", re.DOTALL)
RANGE = re.compile(r'<span class="range">\((.*?)\)</span>', re.DOTALL)
SMALL = re.compile(r"<small>(.*?)</small>", re.DOTALL)
FIGURES = ("value", "ci_low", "ci_high", "rate_ratio", "compared_with_reference", "compared_reason", "status_code")  # of messages
UNITS = (1.0, 100.0, 1_000.0, 100_000.0)  # "for every 1,000": part of a unit, not a figure
OWN = (
    "value", "ci_low", "ci_high", "bound_low", "bound_high", "numerator", "denominator", "rate_ratio", "rate_ratio_ci_low",
    "rate_ratio_ci_high", "city_value", "known_race_pct", "trend", "trend_ci_low", "trend_ci_high", "trend_from_value",
    "gap", "gap_low", "gap_high",
)  # fmt: skip

ROWS = """
    select * from scorecard
    where is_featured or geography_type = 'city'
        or is_latest and geography_type in (select geography_type from geographies where is_council_district)
"""

Row = Mapping[str, Any]


@dataclass
class PublicFacts:
    """The rows and texts of the public file."""

    rows: Mapping[str, Row]
    languages: Mapping[str, Language]
    featured: Mapping[str, Mapping[str, Row]] = field(default_factory=dict)  # by measure and group

    @classmethod
    def read(cls, public_file: Path) -> PublicFacts:
        """Read what pages may show."""
        with open_from_disk(public_file, "public") as con:
            con.execute("use public.published")
            cursor = con.execute(ROWS)
            names = [column[0] for column in cursor.description or ()]
            rows = [dict(zip(names, values, strict=True)) for values in cursor.fetchall()]
            texts = con.execute("select language, text_id, text from texts").fetchall()
        by_language: dict[str, dict[str, str]] = defaultdict(dict)
        for language, text_id, text in texts:
            by_language[language][text_id] = text
        codes = frozenset(str(row["race_ethnicity_code"]) for row in rows) | {"rest", "overall"}
        languages = {code: Language(code, by_language["en"] | own, codes) for code, own in by_language.items()}
        featured: dict[str, dict[str, Row]] = defaultdict(dict)
        for row in rows:
            if row["is_featured"] and not row["is_stand_in"]:
                featured[row["measure_id"]][row["race_ethnicity_code"]] = row
        return cls({"|".join(str(row[name]) for name in KEY): row for row in rows}, languages, featured)


def gate_pages(public_file: Path, site: Path) -> GateResult:
    """Check each page of a rendered site."""
    check = PageCheck(PublicFacts.read(public_file))
    for language in check.facts.languages:
        for page in sorted((site / language).rglob("*.html")):
            check.page(language, str(page.relative_to(site)), page.read_text(encoding="utf-8"))
    return check.result()


@dataclass
class PageCheck:
    """Collects the violations of the pages of a site."""

    facts: PublicFacts
    violations: list[Violation] = field(default_factory=list)
    answers: int = 0
    marks: int = 0

    def page(self, language: str, path: str, page: str) -> None:
        """Check the sentences and rows of a page."""
        for _, measure, content in ANSWER.findall(page):
            self.answer(language, path, measure, [plain(found) for _, found in SENTENCE.findall(content)])
        for _, key, content in ROW.findall(page):
            self._mark(language, path, html.unescape(key), content)

    def answer(self, language: str, path: str, measure: str, sentences: Sequence[str]) -> None:
        """Check the sentences about a measure on a page: each of them, and whether one is missing."""
        self.answers += 1
        rows, texts = self.facts.featured.get(measure, {}), self.facts.languages[language]
        for sentence in sentences:
            readings = texts.read(sentence)
            tried = [list(_of_sentence(reading, rows, texts)) for reading in readings]
            if not readings:
                self._add("sentence_of_no_text", None, rows.get("all"), language, f"{path}: «{sentence}»", measure)
            elif all(tried):
                for rule, row in tried[0]:
                    self._add(rule, readings[0].text_id, row, language, f"{path}: «{sentence}»", measure)
        for rule, row in _of_summary(sentences, rows, texts):
            self._add(rule, None, row, language, f"{path}: «{' '.join(sentences)}»", measure)

    def _mark(self, language: str, path: str, key: str, content: str) -> None:
        self.marks += 1
        row = self.facts.rows.get(key)
        if row is None:
            self._add("row_is_unknown", None, None, language, f"{path}: {key}", key.partition("|")[0])
            return
        for rule, text_id in _of_mark(content, row, self.facts.languages[language]):
            self._add(rule, text_id, row, language, f"{path}: «{plain(content)}»")

    def _add(self, rule: str, text_id: str | None, row: Row | None, language: str, said: str, measure: str = "") -> None:
        figures = f"{said}; {_figures(row)}" if row else said
        place, period, group = (row["place"], row["period"], row["race_ethnicity_code"]) if row else ("", "", "")
        self.violations.append(
            Violation(rule, None, text_id, row["measure_id"] if row else measure, place, period, group, figures, language)
        )

    def result(self) -> GateResult:
        """Return the result for the whole site."""
        if self.facts.featured and not (self.answers and self.marks):
            self._add("page_is_not_checked", None, None, "all languages", f"{self.answers} answers, {self.marks} rows")
        return GateResult("build", SUBJECT, results(self.violations, MESSAGES, SEVERITY))


def _of_sentence(reading: Reading, rows: Mapping[str, Row], texts: Language) -> Iterator[tuple[str, Row]]:
    """Yield what is wrong with a sentence."""
    reference = set(texts.groups(reading.parts.get("reference", "")))
    named = [code for part, words in reading.parts.items() if part != "reference" for code in texts.groups(words)]
    about = [rows[code] for code in dict.fromkeys(named) if code in rows and code not in reference]
    subjects = about or ([rows["all"]] if "all" in rows else [])
    word = WORD.search(reading.text_id)
    for row in subjects:
        if about and row["value"] is None and word:
            yield "sentence_of_no_figure", row
        if row.get("is_period_complete") is False and row["value"] is not None:
            yield "unfinished_period_is_said", row
        if word and word[1] != (row["compared_with_reference"] if about else row["trend_word"]):
            yield "sentence_and_row_disagree", row
    # a sentence that names neither a group nor everyone is about all of them
    said = subjects if about or "everyone" in reading.text_id else list(rows.values())
    said = [*said, *(rows[code] for code in reference if code in rows)]
    for part, words in reading.parts.items():
        if "period" in part or part in ("place", "date"):
            if part == "period" and subjects and not _is_period(words, subjects[0]):
                yield "period_of_a_sentence", subjects[0]
        elif subjects and not all(_is_of(number, said) for number in numbers(words)):
            yield "figure_of_a_sentence", subjects[0]


def _of_summary(sentences: Sequence[str], rows: Mapping[str, Row], texts: Language) -> Iterator[tuple[str, Row]]:
    """Yield groups that are worse off and not named with their word, and a start with another than the largest gap."""
    worse = [row for code, row in rows.items() if code != "all" and is_worse_off(row)]
    word = WORSE.get(worse[0]["favourable_direction"]) if worse else None
    said: list[set[str]] = []
    for sentence in sentences:
        readings = [reading for reading in texts.read(sentence) if word in WORD.findall(reading.text_id)]
        parts = [words for reading in readings for part, words in reading.parts.items() if part != "reference"]
        said.append({code for words in parts for code in texts.groups(words)})
    for row in worse:
        if not any(row["race_ethnicity_code"] in codes for codes in said):
            yield "worse_off_group_is_missing", row
    if worse and not {row["race_ethnicity_code"] for row in largest(worse)} & (said[0] if said else set()):
        yield "summary_starts_elsewhere", largest(worse)[0]


def is_worse_off(row: Row) -> bool:
    """Whether the group of a row has a clear gap on the unfavourable side."""
    return row["compared_with_reference"] is not None and row["compared_with_reference"] == WORSE.get(row["favourable_direction"])


def largest(worse: Sequence[Row]) -> list[Row]:
    """Return the rows with the largest gap: by figure, and by ratio, which differ where references do."""
    sign = 1 if worse[0]["favourable_direction"] == "lower" else -1
    by_value = max(worse, key=lambda row: sign * row["value"])
    with_ratio = [row for row in worse if row["rate_ratio"]]
    return [by_value, max(with_ratio, key=lambda row: sign * row["rate_ratio"])] if with_ratio else [by_value]


def _of_mark(content: str, row: Row, texts: Language) -> Iterator[tuple[str, str | None]]:
    """Yield what is wrong with a row of a page."""
    has_figure = row["value"] is not None and row["status_code"] in ("shown", "zero")
    word = row["compared_with_reference"]
    figure, range_ = FIGURE.search(content), RANGE.search(content)
    allowed = [row["value"]] if has_figure else [row["bound_low"], row["bound_high"]]
    if figure and not are(numbers(plain(figure[1])), allowed):
        yield "figure_of_a_mark", None
    if (has_figure and not figure) or ("<circle" in content and not has_figure):
        yield "mark_without_figure", None
    if range_ and not are(numbers(plain(range_[1])), [row["ci_low"], row["ci_high"]]):
        yield "figure_of_a_mark", "page.range"
    if 'class="ci"' in content and row["ci_low"] is None:
        yield "figure_of_a_mark", "page.range"
    if word in (None, "not_compared", "no_range") and ('class="gap"' in content or "rate_ratio" in content):
        yield "gap_is_not_compared", None
    if has_figure and row.get("is_period_complete") is False:
        yield "unfinished_period_is_said", None
    if has_figure and row.get("reliability") == "use_with_caution" and 'class="caution' not in content:
        yield "caution_is_not_shown", f"caution.{row.get('status_reason')}"
    for cell in re.findall(r'<(?:td|p|span) class="compared">(.*?)</(?:td|p|span)>', content, re.DOTALL):
        yield from _of_words(cell, row, texts)


def _of_words(cell: str, row: Row, texts: Language) -> Iterator[tuple[str, str | None]]:
    """Yield what is wrong with the words of a comparison, and the ratio below them."""
    words = plain(SMALL.sub("", cell))
    readings = texts.read(words) if words else ()
    columns = {"reference_comparison": "compared_with_reference", "city_comparison": "compared_with_city"}
    said = [
        (reading.text_id, columns[subject], word)
        for reading in readings
        for subject, _, word in [reading.text_id.partition(".")]
        if subject in columns
    ]
    if said and not any(row[column] == word for _, column, word in said):
        yield "word_of_a_mark", said[0][0]
    for ratio in SMALL.findall(cell):
        if any(reading.text_id.startswith("page.ratio") for reading in texts.read(plain(ratio))):
            if row["rate_ratio"] is None or row["compared_with_reference"] in ("not_compared", "no_range"):
                yield "gap_is_not_compared", "page.ratio"
            elif not are(numbers(plain(ratio)), [row["rate_ratio"], row["rate_ratio_ci_low"], row["rate_ratio_ci_high"]]):
                yield "figure_of_a_mark", "page.ratio"


def _is_of(number: tuple[float, float], rows: Sequence[Row]) -> bool:
    """Whether a number in a sentence is one of its rows, or of their unit."""
    if number[0] in UNITS:
        return True
    figures = [row.get(name) for row in rows for name in OWN]
    figures += [row["denominator"] / row["numerator"] for row in rows if row["numerator"] and row["denominator"]]
    figures += [row["value"] - row["trend"] for row in rows if row["value"] is not None and row["trend"] is not None]
    return any(equal(number, figure) for figure in figures)


def _is_period(words: str, row: Row) -> bool:
    years = {str(row["period_start"].year), str(row["period_end"].year)}
    return bool(years & set(re.findall(r"\d{4}", words)))


def _figures(row: Row) -> str:
    shown = {name: row.get(name) for name in FIGURES}
    return ", ".join(f"{name} {value}" for name, value in shown.items() if value is not None)
