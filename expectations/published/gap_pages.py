"""Check the gap over time of a page: its sentences against `published.gap_trends`, its rows against the figures of their periods.

Sentences carry the keys of their rows in `data-gap`, a row of the chart its own in `data-gap-row`.
"""

from __future__ import annotations

import html
import re
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from duckdb import DuckDBPyConnection

from expectations.published.reading import FIGURE, RANGE, Language, Reading, are, equal, numbers, plain
from warehouse.sql import named_rows, queries

MESSAGES = {
    "gap_is_unknown": "a page shows the change of a gap that the public file does not have",
    "gap_of_another_word": "a sentence about the change of a gap has a word, scale or reason that its row does not have",
    "gap_of_other_figures": "a number about the change of a gap is not that of its row, or has another sign",
    "gap_of_other_groups": "a sentence about the change of a gap names other groups or periods than its row",
    "gap_scale_is_missing": "a page leaves out the change of a gap as difference or as ratio, or that both disagree",
    "gap_without_range": "a gap is drawn that is not compared because of its records",
    "excess_of_other_figures": "a sentence about a gap in people has other numbers, groups or direction than its row",
    "excess_is_not_allowed": "a page has a number of people for a gap that the public file does not count in people",
    "excess_is_missing": "the page of a measure leaves out a gap that the public file counts in people",
    "gap_is_denied": "a page denies that gaps have a change, and the public file has one",
}
KEY = ("measure_id", "period_type", "geography_type", "geoid", "stratum_code", "race_ethnicity_code", "reference_code")
SENTENCES = re.compile(r'<div\b[^>]*\bdata-gap="([^"]+)">(.*?)</div>', re.DOTALL)
ROW = re.compile(r'<tr\b[^>]*\bdata-gap-row="([^"]+)">(.*?)</tr>', re.DOTALL)
EXCESS = re.compile(r'<p\b[^>]*\bdata-excess="([^"]+)">(.*?)</p>', re.DOTALL)
MEASURE = re.compile(r"^\w+/measures/(\w+)\.html$")
NONE = re.compile(r'data-gap-none="([^"]+)"')
CELL = re.compile(r'<td class="number (own|other|difference|ratio)">(.*?)</td>', re.DOTALL)
SIGNED = re.compile(r"(\u2212?)\$?(\d[\d,]*(?:\.\d+)?)")
WORD = re.compile(r"^sentence\.gap_(?:(absolute|relative|places)_)?(narrowed|widened|cannot_tell|not_compared)(?:_(\w+))?$")
OF_RECORDS = ("repeated_events", "records_differ", "no_range")
# the sentence where the words of both scales differ
TOGETHER = {frozenset((word, "cannot_tell")): "sentence.gap_one_is_clear" for word in ("narrowed", "widened")}
TOGETHER[frozenset(("narrowed", "widened"))] = "sentence.gap_scales_disagree"
OF_PART = {"from_gap": ("first_gap",), "gap": ("last_gap",), "change": ("change",), "range": ("change_ci_low", "change_ci_high")}
OF_YEAR = {"change": ("annual_percent_change",), "range": ("apc_ci_low", "apc_ci_high")}
OF_CELL = {
    "own": ("value", "ci_low", "ci_high"),
    "other": ("other_value", "other_ci_low", "other_ci_high"),
    "difference": ("rate_difference", "rate_difference_ci_low", "rate_difference_ci_high"),
    "ratio": ("rate_ratio", "rate_ratio_ci_low", "rate_ratio_ci_high"),
}
_SLICE = (
    "measure_id", "measure_version", "period_type", "period_start", "geography_type", "geography_vintage", "geoid",
    "race_standard", "tabulation", "method", "stratum_type", "stratum_code",
)  # fmt: skip
_SQL = queries(Path(__file__).with_suffix(".sql.jinja"), slice=[*_SLICE])
# a release of an earlier version has no such table, or none that names its periods
HAS_PERIODS = "select 1 from duckdb_columns() where table_name = 'gap_trends' and column_name = 'period_starts'"
Row = Mapping[str, Any]
Found = tuple[str, str | None, str, str]  # rule, text, measure and what the page has


@dataclass
class GapFacts:
    """The changes of gaps of the public file, and the figures of their periods, by the keys that pages carry."""

    trends: Mapping[str, Sequence[Row]] = field(default_factory=dict)
    periods: Mapping[str, Sequence[Row]] = field(default_factory=dict)
    shown: frozenset[str] = frozenset()  # measures whose page has a gap over time

    @classmethod
    def read(cls, con: DuckDBPyConnection) -> GapFacts:
        """Read both; `con` is in the schema of the public tables."""
        if not con.execute(HAS_PERIODS).fetchone():
            return cls()
        trends = _by_key(con.execute(_SQL.trends()), "scale")
        periods = _by_key(con.execute(_SQL.periods()), "period_start")
        return cls(trends, periods, frozenset(measure for (measure,) in con.execute(_SQL.shown()).fetchall()))


def _by_key(result: DuckDBPyConnection, last: str) -> Mapping[str, Sequence[Row]]:
    found: dict[str, list[Row]] = defaultdict(list)
    for row in named_rows(result):
        found["|".join(str(row[name]) for name in (*KEY, last))].append(row)
    return found


def check_gaps(path: str, page: str, facts: GapFacts, texts: Language) -> Iterator[Found]:
    """Yield what is wrong with the gap over time of a page."""
    words: dict[str, set[str]] = defaultdict(set)  # what is said of each row
    for keys, sentence in [(keys, plain(one)) for keys, said in SENTENCES.findall(page) for one in said.split("</p>") if one]:
        readings = [reading for reading in texts.read(sentence) if reading.text_id.startswith("sentence.gap_")]
        for key in html.unescape(keys).split(","):
            measure = key.partition("|")[0]
            if key not in facts.trends:
                yield "gap_is_unknown", None, measure, f"{path}: {key}"
                continue
            tried = [_of_sentence(reading, row, texts) for reading in readings for row in facts.trends[key]]
            if all(tried):
                yield (tried[0] if tried else None) or "gap_of_another_word", None, measure, f"{path}: «{sentence}»; {key}"
            words[key].update(reading.text_id for reading in readings)
    for keys, content in ROW.findall(page):
        yield from _of_row(path, html.unescape(keys), content, facts)
    yield from _of_page(path, page, words, facts)


def _of_sentence(reading: Reading, row: Row, texts: Language) -> str | None:
    """Return the rule that a sentence violates; None if it is true of the row."""
    word = WORD.match(reading.text_id)
    scale = "absolute" if reading.text_id.startswith(("sentence.gap_absolute", "sentence.gap_places")) else "relative"
    if reading.text_id in TOGETHER.values():
        return None
    is_of_scale = reading.text_id.startswith("sentence.gap_not_compared") or scale == row["scale"]
    is_of_line = "_per_year" not in reading.text_id or reading.text_id.endswith(f"_per_year{row['yearly']}")
    if not (is_of_scale and is_of_line) or (word and (word[2] != row["word"] or word[3] != row["word_reason"])):
        return "gap_of_another_word"
    for part, name in (("group", "race_ethnicity_code"), ("residents", "race_ethnicity_code"), ("reference", "reference_code")):
        if part in reading.parts and texts.groups(reading.parts[part]) != [row[name]]:
            return "gap_of_other_groups"
    for part, name in (("from_period", "first_period"), ("period", "last_period")):
        if part in reading.parts and str(row[name].year) not in reading.parts[part]:
            return "gap_of_other_groups"
    is_true = all(_is_of(part, words, reading.text_id, row) for part, words in reading.parts.items())
    return None if is_true else "gap_of_other_figures"


def _is_of(part: str, words: str, text_id: str, row: Row) -> bool:
    """Whether the numbers of a part of a sentence are those of the row, with their signs."""
    names = (OF_YEAR if "_per_year" in text_id else OF_PART).get(part, ())
    if any(row[name] is None for name in names):
        return False
    wanted = [row[name] for name in names]
    found = SIGNED.findall(words)
    return len(found) >= len(wanted) and all(
        equal(numbers(digits)[0], figure)
        and (not sign or figure < 0)
        and (bool(sign) or figure >= 0 or not float(digits.replace(",", "")))
        for (sign, digits), figure in zip(found, wanted, strict=False)
    )


def _of_row(path: str, key: str, content: str, facts: GapFacts) -> Iterator[Found]:
    """Yield what is wrong with a row of the chart."""
    measure, said = key.partition("|")[0], f"{path}: «{plain(content)}»; {key}"
    rows = facts.periods.get(key, ())
    if not rows:
        yield "gap_is_unknown", None, measure, said
    elif all(row["word_reason"] in OF_RECORDS for row in rows):
        yield "gap_without_range", None, measure, said
    elif not any(all(_is_of_cell(cell, words, row) for cell, words in CELL.findall(content)) for row in rows):
        yield "gap_of_other_figures", None, measure, said


def _is_of_cell(cell: str, content: str, row: Row) -> bool:
    value, low, high = (row[name] for name in OF_CELL[cell])
    figure, range_ = FIGURE.search(content), RANGE.search(content)
    is_negative = bool(figure) and "\u2212" in plain(figure[1] if figure else "")
    return (
        figure is not None
        and value is not None
        and are(numbers(plain(figure[1])), [value])
        and (cell != "difference" or is_negative == (round(value, 4) < 0) or not numbers(plain(figure[1]))[0][0])
        and (range_ is None or (None not in (low, high) and are(numbers(plain(range_[1])), [low, high])))
    )


def _of_page(path: str, page: str, words: Mapping[str, set[str]], facts: GapFacts) -> Iterator[Found]:
    """Yield scales that a page leaves out, and a denial of what the file has."""
    for measure in NONE.findall(page):
        if measure in facts.shown:
            yield "gap_is_denied", None, measure, path
    for key, said in words.items():
        measure, (start, _, scale) = key.partition("|")[0], key.rpartition("|")
        other = f"{start}|{'relative' if scale == 'absolute' else 'absolute'}"
        is_of_places = any(text_id.startswith("sentence.gap_places") for text_id in said) or all(
            row["method"] == "place_weighted" for row in facts.trends[key]
        )
        both = facts.trends.get(other, ())
        together = TOGETHER.get(frozenset(row["word"] for row in (*both, *facts.trends[key])))
        is_other_untrue = other not in words or {together} - {None} != said & {*TOGETHER.values()}
        if (both and not is_of_places and is_other_untrue) or not any(WORD.match(text_id) for text_id in said):
            yield "gap_scale_is_missing", None, measure, f"{path}: {key}"


def check_excess(path: str, page: str, featured: Mapping[str, Mapping[str, Row]], texts: Language) -> Iterator[Found]:
    """Yield what is wrong with the gaps in people of a page, which are there exactly where the file has them."""
    said = set()
    for escaped, content in EXCESS.findall(page):
        key, sentence = html.unescape(escaped), plain(content)
        measure, group = key.partition("|")[0], key.rpartition("|")[2]
        row = featured.get(measure, {}).get(group)
        said.add(group)
        words = f"{path}: «{sentence}»; {key}"
        if row is None or row.get("excess") is None or row["compared_with_reference"] not in ("higher", "lower"):
            yield "excess_is_not_allowed", None, measure, words
        elif not any(_is_excess(reading, row, texts) for reading in texts.read(sentence)):
            yield "excess_of_other_figures", None, measure, words
    page_of = MEASURE.match(path)
    for group, row in featured.get(page_of[1], {}).items() if page_of else ():
        if row.get("excess") is not None and row["value"] is not None and group not in said:
            yield "excess_is_missing", None, row["measure_id"], f"{path}: {group}"


def _is_excess(reading: Reading, row: Row, texts: Language) -> bool:
    """Whether a sentence has the numbers of people of its row, its groups, and the direction of its gap."""
    parts = reading.parts
    word = "fewer" if row["excess"] > 0 else "more"
    if not reading.text_id.startswith(f"sentence.excess_{word}") or texts.groups(parts["group"]) != [row["race_ethnicity_code"]]:
        return False
    ends = sorted(abs(row[name]) for name in ("excess_low", "excess_high"))
    found = [number for part in ("count", "range") for number, _ in numbers(parts[part])]
    # a survey knows hundreds of people
    half = 50.5 if "_a_year" not in reading.text_id else 0.5000001
    return texts.groups(parts["reference"]) == [row["reference_code"]] and all(
        abs(number - figure) <= half for number, figure in zip(found, (abs(row["excess"]), *ends), strict=True)
    )
