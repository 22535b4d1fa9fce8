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
from itertools import chain, product
from pathlib import Path
from typing import Any

from expectations.published.gap_pages import MESSAGES as GAP_MESSAGES
from expectations.published.gap_pages import GapFacts, check_excess, check_gaps
from expectations.published.reading import FIGURE, RANGE, Language, Reading, are, equal, numbers, plain
from expectations.published.words import Violation, in_words, results
from expectations.results import GateResult
from warehouse.connection import open_from_disk
from warehouse.sql import named_rows

SUBJECT = "published.pages"
KEY = ("measure_id", "period_type", "period_start", "geography_type", "geoid", "race_ethnicity_code")
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
} | GAP_MESSAGES
WORDS = ("higher", "lower", "about_the_same", "cannot_tell", "no_range", "not_compared")
WORD = re.compile(rf"(?:^|_)({'|'.join(WORDS)})(?:_|$)")
HEADLINE = "headline"
WORSE = {"lower": "higher", "higher": "lower"}  # by the favourable direction
ANSWER = re.compile(r'<(ul|div|section)\b[^>]*\bdata-answer="([^"]+)"[^>]*>(.*?)</\1>', re.DOTALL)
PEERS = re.compile(r'<ul data-peers="([^"]+)">(.*?)</ul>', re.DOTALL)
SPAN = re.compile(r"<span>(.*?)</span>(?=\s|$)", re.DOTALL)
SENTENCE = re.compile(r"<(li|p)(?: class=\"[a-z]+\")?>(.*?)</\1>", re.DOTALL)
ROW = re.compile(r'<(tr|p|li)\b[^>]*\bdata-row="([^"]+)"[^>]*>(.*?)</\1>', re.DOTALL)
SMALL = re.compile(r"<small>(.*?)</small>", re.DOTALL)
FIGURES = ("value", "ci_low", "ci_high", "rate_ratio", "compared_with_reference", "compared_reason", "status_code")  # of messages
UNITS = (1.0, 100.0, 1_000.0, 100_000.0)  # "for every 1,000": part of a unit, not a figure
OWN = (
    "value", "ci_low", "ci_high", "bound_low", "bound_high", "numerator", "denominator", "rate_ratio", "rate_ratio_ci_low",
    "rate_ratio_ci_high", "city_value", "known_race_pct", "trend", "trend_ci_low", "trend_ci_high", "trend_from_value",
    "gap", "gap_low", "gap_high",
)  # fmt: skip
# of a row on a page: its key, and what its mark and the message of a violation use
MARKED = (
    *KEY, "value", "ci_low", "ci_high", "bound_low", "bound_high", "city_value", "rate_ratio", "rate_ratio_ci_low",
    "rate_ratio_ci_high", "compared_with_reference", "compared_reason", "compared_with_city", "compared_with_city_reason",
    "status_code", "status_reason", "is_period_complete", "reliability", "place", "period", "favourable_direction",
    "gap", "gap_low", "gap_high",
)  # fmt: skip

ROWS = """
    select * from scorecard
    where is_featured or geography_type = 'city'
        or is_latest and geography_type in (select geography_type from geographies where is_council_district)
"""
# of the pages of places, which show the newest period with a figure
OF_PLACES = """
    select {columns} from scorecard
    where geography_type not in ('city', 'county', 'state', 'school_district', 'tract', 'zcta')
        and geography_type not in (select geography_type from geographies where is_council_district)
    window place as (partition by measure_id, period_type, geography_type, geoid)
    qualify period_start >= max(period_start) filter (value is not null) over place
        or period_start = max(period_start) over place
"""

COLUMNS = {
    "reference_comparison": ("compared_with_reference",),
    "city_comparison": ("compared_with_city",),
    "compared_reason": ("compared_reason", "compared_with_city_reason"),
    "reference_reason": ("compared_reason",),
}
NO_SUBJECT = ("reference", "place")  # parts that do not say whom a sentence is about: Allentown contains "All"
OF_PART = {"figure": ("value",), "ratio": ("rate_ratio",), "from_figure": ("trend_from_value",)}
OF_PEERS = {
    "gap": ("gap", "gap_ratio"), "figure": ("peers_median_gap", "peers_median_ratio"), "peers": ("peers",), "low": ("rank_low",),
    "high": ("rank_high",), "narrower": ("peers_narrower",), "wider": ("peers_wider",), "count": ("peers_reversed",),
    "unclear": ("peers_unclear",), "without": ("peers_without_range",),
}  # fmt: skip
PEER_ROWS = """
    select peers.*, (
        select count(*) filter (if(others.gap_ratio is null, others.gap_ci_low, others.gap_ratio_ci_low) is null)
        from peer_comparison as others where others.geoid <> peers.geoid
            and (others.measure_id, others.period_start, others.race_ethnicity_code)
            = (peers.measure_id, peers.period_start, peers.race_ethnicity_code)
    ) as peers_without_range from peer_comparison as peers
    semi join geographies as city on peers.geoid = city.geoid and city.scorecard_order = 1
    semi join (select * from scorecard where is_featured and not is_stand_in) as featured
        on (peers.measure_id, peers.period_type, peers.period_start)
        = (featured.measure_id, featured.period_type, featured.period_start)
"""

Row = Mapping[str, Any]
ISOLATES = re.compile("[\u2066\u2069]")  # around the figures of a script from right to left


@dataclass
class PublicFacts:
    """The rows and texts of the public file."""

    rows: Mapping[str, Row]
    languages: Mapping[str, Language]
    featured: Mapping[str, Mapping[str, Row]] = field(default_factory=dict)  # by measure and group
    peers: Mapping[tuple[str, str], Row] = field(default_factory=dict)  # the gaps of the city among others
    gaps: GapFacts = field(default_factory=GapFacts)

    @classmethod
    def read(cls, public_file: Path) -> PublicFacts:
        """Read what pages may show."""
        with open_from_disk(public_file, "public") as con:
            con.execute("use public.published")
            rows, peers = named_rows(con.execute(ROWS)), named_rows(con.execute(PEER_ROWS))
            known = {name for name, *_ in con.execute("describe scorecard").fetchall()}
            columns = ", ".join(name for name in MARKED if name in known)
            of_places = named_rows(con.execute(OF_PLACES.format(columns=columns)))
            gaps = GapFacts.read(con)
            texts = con.execute("select language, text_id, text from texts").fetchall()
        by_language: dict[str, dict[str, str]] = defaultdict(dict)
        for language, text_id, text in texts:
            by_language[language][text_id] = text
        codes = frozenset(str(row["race_ethnicity_code"]) for row in rows) | {"rest", "overall"}
        languages = {code: Language(code, by_language["en"] | own, codes, by_language["en"]) for code, own in by_language.items()}
        featured: dict[str, dict[str, Row]] = defaultdict(dict)
        for row in rows:
            if row["is_featured"] and not row["is_stand_in"]:
                featured[row["measure_id"]][row["race_ethnicity_code"]] = row
        rows += of_places
        of_cities = {(row["measure_id"], row["race_ethnicity_code"]): row for row in peers}
        return cls({"|".join(str(row[name]) for name in KEY): row for row in rows}, languages, featured, of_cities, gaps)


def gate_pages(public_file: Path, site: Path) -> GateResult:
    """Check each page of a rendered site."""
    check = PageCheck(PublicFacts.read(public_file))
    for language in check.facts.languages:
        for page in sorted((site / language).rglob("*.html")):
            check.page(language, str(page.relative_to(site)), ISOLATES.sub("", page.read_text(encoding="utf-8")))
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
        for measure, content in PEERS.findall(page):
            for item in SENTENCE.findall(content):
                self._peers(language, path, measure, [plain(found) for found in SPAN.findall(item[1])])
        texts = self.facts.languages[language]
        of_gaps = check_gaps(path, page, self.facts.gaps, texts), check_excess(path, page, self.facts.featured, texts)
        for rule, text_id, measure, said in chain.from_iterable(of_gaps):
            self._add(rule, text_id, None, language, said, measure)
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

    def _peers(self, language: str, path: str, measure: str, sentences: Sequence[str]) -> None:
        texts = self.facts.languages[language]
        named = [reading.parts.get("group", "") for sentence in sentences for reading in texts.read(sentence)]
        group = next((code for words in named for code in texts.groups(words)), "")
        row = self.facts.peers.get((measure, group))
        shown = self.facts.featured.get(measure, {}).get(group)
        for sentence in sentences:
            readings = texts.read(sentence)
            if row is None or not readings:
                self._add("sentence_of_no_text", None, shown, language, f"{path}: «{sentence}»", measure)
            elif not any(_is_of_peers(reading, row) for reading in readings):
                self._add("figure_of_a_sentence", readings[0].text_id, shown, language, f"{path}: «{sentence}»", measure)

    def _mark(self, language: str, path: str, key: str, content: str) -> None:
        self.marks += 1
        row = self.facts.rows.get(key)
        if row is None:
            self._add("row_is_unknown", None, None, language, f"{path}: {key}", key.partition("|")[0])
            return
        for rule, text_id in _of_mark(content, row, self.facts.languages[language]):
            self._add(rule, text_id, row, language, f"{path}: «{plain(content)}»")

    def _add(self, rule: str, text_id: str | None, row: Row | None, language: str, said: str, measure: str = "") -> None:
        shown = {name: row.get(name) for name in FIGURES} if row else {}
        figures = f"{said}; {', '.join(f'{name} {value}' for name, value in shown.items() if value is not None)}" if row else said
        about = [row[name] for name in ("measure_id", "place", "period", "race_ethnicity_code")] if row else [measure, "", "", ""]
        self.violations.append(Violation(rule, None, in_words(about, text_id, figures, language)))

    def result(self) -> GateResult:
        """Return the result for the whole site."""
        if self.facts.featured and not (self.answers and self.marks):
            self._add("page_is_not_checked", None, None, "all languages", f"{self.answers} answers, {self.marks} rows")
        return GateResult("build", SUBJECT, results(self.violations, MESSAGES))


def _of_sentence(reading: Reading, rows: Mapping[str, Row], texts: Language) -> Iterator[tuple[str, Row]]:
    """Yield what is wrong with a sentence."""
    reference = set(texts.groups(reading.parts.get("reference", "")))
    named = [code for part, words in reading.parts.items() if part not in NO_SUBJECT for code in texts.groups(words)]
    about = [rows[code] for code in dict.fromkeys(named) if code in rows and code not in reference]
    subjects = about or ([rows["all"]] if "all" in rows else [])
    for row in subjects:
        if about and row["value"] is None and WORD.search(reading.text_id):
            yield "sentence_of_no_figure", row
        if row.get("is_period_complete") is False and row["value"] is not None:
            yield "unfinished_period_is_said", row
        is_trend = not about or reading.text_id.startswith(("sentence.trend", "sentence.change"))
        if not _may_say(reading.text_id, row, "trend_word" if is_trend else "compared_with_reference"):
            yield "sentence_and_row_disagree", row
    others = [rows[code] for code in reference if code in rows]
    ends = {"sentence.bounds_apart": "bound", "sentence.where_people_live_two": "ci"}.get(reading.text_id)
    if ends and any(_overlap(*pair, ends) for pair in product(subjects, others)):
        yield "sentence_and_row_disagree", subjects[0]
    # a sentence that names neither a group nor everyone is about all of them
    own = subjects if about or "everyone" in reading.text_id else list(rows.values())
    for part, words in reading.parts.items():
        if "period" in part or part in ("place", "date"):
            if part == "period" and subjects and not _is_period(words, subjects[0]):
                yield "period_of_a_sentence", subjects[0]
        elif subjects and not all(_is_of(number, part, own, others) for number in numbers(words)):
            yield "figure_of_a_sentence", subjects[0]


def _overlap(row: Row, other: Row, ends: str) -> bool:
    """Whether the ranges of two figures have a part in common; bounds that are not known may have one."""
    found = [one[f"{ends}_{name}"] for one in (row, other) for name in ("low", "high")]
    return ends == "bound" if None in found else bool(found[0] <= found[3] and found[2] <= found[1])


def _is_of_peers(reading: Reading, row: Row) -> bool:
    """Whether each number is that of the comparison with other cities, with a known range, and a rank one that may be shown."""
    if row.get("gap_ci_low") is None or (reading.text_id == "sentence.peer_rank" and not row.get("is_rank_shown")):
        return False
    if row.get("peers_narrower") is not None:
        others = sum(row.get(f"peers_{word}") or 0 for word in ("narrower", "wider", "reversed", "without_range"))
        row = {**row, "peers_unclear": row["peers"] - others}
    return all(
        any(equal(number, row.get(name)) for name in OF_PEERS[part])
        for part, words in reading.parts.items()
        if part in OF_PEERS
        for number in numbers(words)[:1]
    )


def _may_say(text_id: str, row: Row, column: str) -> bool:
    """Whether a row has the word that the text is for, its reason, and is on the side that the text names."""
    if text_id.startswith(HEADLINE):  # both figures next to each other say that they differ
        is_limited = row.get("compared_reason") == "partly_shown" and "_shown." in text_id
        is_clear = row.get("compared_reason") == "few_events" and (row.get("gap_low") or 0) * (row.get("gap_high") or 0) > 0
        return row[column] in ("higher", "lower", "no_range") or is_limited or is_clear
    word = WORD.search(text_id)
    if word is None:
        return True
    reason, side = text_id[word.end(1) + 1 :], WORSE.get(row["favourable_direction"])
    if word[1] == "not_compared" and reason != row.get("compared_reason"):
        return False
    if word[1] == "cannot_tell" and column == "compared_with_reference":
        return row[column] == word[1] and (reason == "many") == (row.get("compared_reason") == "many_comparisons")
    is_right_side = side is None or reason not in ("worse", "better") or (word[1] == side) == (reason == "worse")
    return row[column] == word[1] and is_right_side


def _of_summary(sentences: Sequence[str], rows: Mapping[str, Row], texts: Language) -> Iterator[tuple[str, Row]]:
    """Yield groups that are worse off and not named with their word, and a start with another than the largest gap."""
    clear = [row for code, row in rows.items() if code != "all" and row["compared_with_reference"] is not None]
    worse = [row for row in clear if row["compared_with_reference"] == WORSE.get(row["favourable_direction"])]
    word = WORSE.get(worse[0]["favourable_direction"]) if worse else None
    said: list[set[str]] = []
    for sentence in sentences:
        readings = [
            reading
            for reading in texts.read(sentence)
            if word in WORD.findall(reading.text_id) or reading.text_id.startswith(HEADLINE)
        ]
        parts = [words for reading in readings for part, words in reading.parts.items() if part not in NO_SUBJECT]
        said.append({code for words in parts for code in texts.groups(words)})
    for row in worse:
        if not any(row["race_ethnicity_code"] in codes for codes in said):
            yield "worse_off_group_is_missing", row
    if worse and not {row["race_ethnicity_code"] for row in largest(worse)} & (said[0] if said else set()):
        yield "summary_starts_elsewhere", largest(worse)[0]


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
    if figure and (set(allowed) == {None} or not are(numbers(plain(figure[1])), allowed)):
        yield "figure_of_a_mark", None
    if (has_figure and not figure) or ("<circle" in content and not has_figure):
        yield "mark_without_figure", None
    is_drawn = 'class="ci"' in content
    if (range_ and not are(numbers(plain(range_[1])), [row["ci_low"], row["ci_high"]])) or (is_drawn and row["ci_low"] is None):
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
    said = [(reading.text_id, *reading.text_id.partition(".")[::2]) for reading in readings]
    compared = [(text_id, word, COLUMNS[subject]) for text_id, subject, word in said if subject in COLUMNS]
    if compared and not any(word in [row.get(column) for column in columns] for _, word, columns in compared):
        yield "word_of_a_mark", compared[0][0]
    for size in SMALL.findall(cell):
        for text_id, gap, ends in (("page.gap_size", "gap", "gap"), ("page.ratio", "rate_ratio", "rate_ratio_ci")):
            if not any(reading.text_id.startswith(text_id) for reading in texts.read(plain(size))):
                continue
            if row.get(gap) is None or row["compared_with_reference"] in ("not_compared", "no_range"):
                yield "gap_is_not_compared", text_id
            elif not are(numbers(plain(size)), [row.get(gap), row.get(f"{ends}_low"), row.get(f"{ends}_high")]):
                yield "figure_of_a_mark", text_id


def _is_of(number: tuple[float, float], part: str, own: Sequence[Row], others: Sequence[Row]) -> bool:
    """Whether a number in a sentence is one of the rows that its part is about, or of their unit."""
    if number[0] in UNITS:
        return True
    names = OF_PART.get(part, OWN)
    rows = others if part.startswith("from_") and others else own
    figures = [row.get(name) for row in rows for name in (("value",) if rows is others and part == "from_figure" else names)]
    if part not in ("ratio", "range"):
        figures += [row["denominator"] / row["numerator"] for row in rows if row["numerator"] and row["denominator"]]
    if part == "from_figure" and not others:
        figures = [row["value"] - row["trend"] for row in rows if row["value"] is not None and row["trend"] is not None]
    return any(equal(number, figure) for figure in figures)


def _is_period(words: str, row: Row) -> bool:
    """Whether words have a year of the period; those of a window that is not of whole years do not begin with it."""
    start, end = row["period_start"], row["period_end"]
    has_months = row["period_type"] in ("3_year", "5_year", "multi_year") and f"{start:%m%d}{end:%m%d}" != "01011231"
    years = {str(start.year), str(end.year)} & set(re.findall(r"\d{4}", words))
    return bool(years) and not (has_months and words[:4].isdecimal())
