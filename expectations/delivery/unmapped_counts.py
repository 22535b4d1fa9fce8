"""Count the labels of a delivery that the crosswalk seed does not map, and records whose race was known before.

The gate checks the share of unmapped labels (`delivery_gate`). `levelground sources check` and `levelground try` display
them, with the seed rows that would map them. A delivery in which every record has lost its race, or a seed that has lost the
mapping of labels in use, makes each group's figure empty, and nothing else is wrong with it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from duckdb import DuckDBPyConnection

from expectations.delivery.cell_checks import BLANK, FOLDED, LabelCheck, delivery_query, is_unmapped, labels_in
from expectations.delivery.column_differences import missing_columns
from expectations.results import ExpectationResult
from ingest.contract import Contract
from ingest.contract.vocabularies import folded, read_labels
from ingest.layers import Content, csv_line, rows_of_seed
from warehouse.printable import first_names
from warehouse.sql import identifier, one_of

PERSONS = ("person", "household")

# what a person decides about a label: its groups, or why the group is missing
DECIDE = "decide"
Answer = tuple[str, str, str]  # race_ethnicity_set, race_ethnicity_code, missing_reason


@dataclass(frozen=True)
class UnmappedLabel:
    """A label that the crosswalk does not map, in `rows` of the `of` rows whose cells use its vocabulary.

    `rows` is None if fewer than the contract's threshold have it. `label` is None for rare answers in a person's own words.
    """

    column: str
    vocabulary: str
    label: str | None
    rows: int | None
    of: int
    answer: Answer | None = None

    @property
    def percent(self) -> float | None:
        """The share of the rows that have it."""
        return None if self.rows is None or not self.of else 100 * self.rows / self.of

    def in_words(self, least: int) -> str:
        """The label, and how many rows have it; `least`: the contract's threshold."""
        name = "rare answers in people's own words" if self.label is None else repr(self.label) if self.label else "an empty cell"
        if self.rows is None:
            return f"{name}, fewer than {least} of {self.of:,} rows"
        return f"{name}, {self.rows:,} of {self.of:,} rows, {self.percent:.1f} %"

    @property
    def seed_row(self) -> str:
        """The row to add to the seed `race_ethnicity_crosswalk`, with the answer of other vocabularies if they agree."""
        answer = self.answer or (DECIDE, DECIDE, "")
        return csv_line((self.vocabulary, self.label or "", *answer, "1900-01-01", "9999-12-31", "")).removesuffix("\n")


def count_unmapped_labels(
    con: DuckDBPyConnection, contract: Contract, columns_missing: Sequence[str], crosswalk: Content, city_zone: str
) -> list[UnmappedLabel]:
    """The unmapped labels of the batch in `delivery.<source>`, the most frequent of each column first."""
    relation, labels = f"delivery.{identifier(contract.source)}", read_labels(crosswalk)
    reading = delivery_query(contract, relation, missing_columns(contract, columns_missing), labels, city_zone)
    least = contract.agreement.suppress_below if contract.statistical_unit in PERSONS else 0
    answers, open_vocabularies = _agreed_answers(crosswalk), {name for name, v in contract.vocabulary.race.items() if v.open}
    found: list[UnmappedLabel] = []
    for check in reading.labels:
        column, vocabulary = check.column, check.vocabulary
        among = f"from ({reading.query}) as cells where not {BLANK} and ({check.among})"
        of = int((con.execute(f"select count(*) {among}").fetchone() or (0,))[0])
        rows = con.execute(
            f"select label, count(*) from (select unnest({_labels(check)}) as label {among}) as labels "
            f"where {is_unmapped('label', labels.get(vocabulary, ()))} group by label order by 2 desc, 1"
        ).fetchall()
        frequent = [(label, n) for label, n in rows if n >= least]
        rare = [label for label, n in rows if n < least]
        found += [UnmappedLabel(column.name, vocabulary, label, n, of, answers.get(folded(label))) for label, n in frequent]
        if rare and vocabulary in open_vocabularies:
            found.append(UnmappedLabel(column.name, vocabulary, None, None, of))
        else:
            found += [UnmappedLabel(column.name, vocabulary, label, None, of, answers.get(folded(label))) for label in rare]
    return found


def _agreed_answers(crosswalk: Content) -> dict[str, Answer]:
    """The answer of each folded label to which all vocabularies that have it give the same one."""
    answers: dict[str, set[Answer]] = {}
    for row in rows_of_seed(crosswalk):
        answer = (row["race_ethnicity_set"], row["race_ethnicity_code"], row["missing_reason"])
        answers.setdefault(folded(row["reported_label"]), set()).add(answer)
    return {label: found.pop() for label, found in answers.items() if len(found) == 1}


# Of fewer records, all may have no known race by chance.
FEWEST_RECORDS = 20
# by vocabulary and folded label, whether a crosswalk names a group; else it has a reason why the group is missing
Answers = Mapping[str, Mapping[str, bool]]


def read_answers(rows: Iterable[Mapping[str, str | None]]) -> Answers:
    """What the rows of a crosswalk say of each label."""
    found: dict[str, dict[str, bool]] = {}
    for row in rows:
        label = folded(row["reported_label"] or "")
        labels = found.setdefault(row["vocabulary"] or "", {})
        labels[label] = labels.get(label, False) or not row["missing_reason"]
    return found


def _groups(answers: Answers, vocabulary: str) -> set[str]:
    return {label for label, is_group in answers.get(vocabulary, {}).items() if is_group}


def lost_labels(con: DuckDBPyConnection, contract: Contract, before: Answers, now: Answers, city_zone: str) -> list[str]:
    """Sentences on labels of landed records that `before` maps and `now` does not, or of which none names a group any more."""
    found = []
    query, checks = _cells(contract, f"landing.{identifier(contract.source)}", (), city_zone)
    for check in checks:
        name = check.vocabulary
        lost = before.get(name, {}).keys() - now.get(name, {}).keys()
        had, has = _groups(before, name), _groups(now, name)
        if not lost and (had <= has or had & has):
            continue
        labels = f"select unnest({_labels(check)}) as label from ({query}) as cells where not {BLANK} and ({check.among})"
        used = {label for (label,) in con.execute(f"select distinct {FOLDED.format('label')} from ({labels})").fetchall()}
        if used & lost:
            missing = sorted(lost)  # as the seeds differ: which of them the records have is not named
            listed = first_names([repr(label) for label in missing], 5)
            found.append(f"{check.column.name} has labels that race_ethnicity_crosswalk no longer maps ({name}: {listed})")
        elif used & had and not used & has:
            found.append(f"no label of {check.column.name} names a group any more in race_ethnicity_crosswalk ({name})")
    return found


def known_race_lost(
    con: DuckDBPyConnection, contract: Contract, columns_missing: Sequence[str], now: Answers, city_zone: str
) -> list[ExpectationResult]:
    """A critical finding per column of the batch in which no record has a known race, while landed records have one."""
    found = []
    landing = _cells(contract, f"landing.{identifier(contract.source)}", (), city_zone)[0]
    for check, of in without_known_race(con, contract, columns_missing, now, city_zone):
        name, (landed, of_landed) = check.column.name, _known(con, landing, check, now)
        if landed:
            why = f"no record of the delivery has a known race, and {landed:,} of {of_landed:,} records of earlier loads have one"
            found.append(ExpectationResult("known_race_lost", name, "critical", False, 0, 1, f"{name}: {why}", of=of))
    return found


def without_known_race(
    con: DuckDBPyConnection, contract: Contract, columns_missing: Sequence[str], now: Answers, city_zone: str
) -> list[tuple[LabelCheck, int]]:
    """The columns of the batch in which no record has a known race, and its records; none of a few records."""
    batch, checks = _cells(contract, f"delivery.{identifier(contract.source)}", columns_missing, city_zone)
    counted = ((check, *_known(con, batch, check, now)) for check in checks)
    return [(check, of) for check, known, of in counted if not known and of >= FEWEST_RECORDS]


def _cells(contract: Contract, relation: str, absent: Sequence[str], city_zone: str) -> tuple[str, Sequence[LabelCheck]]:
    """The query over the cells of a relation, and its columns with a vocabulary of race; ticks in a column per race are none."""
    reading = delivery_query(contract, relation, missing_columns(contract, absent), {}, city_zone)
    race = contract.vocabulary.race
    return reading.query, [check for check in reading.labels if check.vocabulary in race and not check.column.label]


def _labels(check: LabelCheck) -> str:
    return labels_in(check.column.name, check.column.question, check.column.delimiter)


def _known(con: DuckDBPyConnection, query: str, check: LabelCheck, now: Answers) -> tuple[int, int]:
    groups = sorted(_groups(now, check.vocabulary))
    among_groups = one_of(FOLDED.format("label"), groups) if groups else "false"
    is_known = f"len(list_filter({_labels(check)}, lambda label: {among_groups})) > 0"
    counts = f"select count(*) filter ({is_known}), count(*) from ({query}) as cells where not {BLANK} and ({check.among})"
    row = con.execute(counts).fetchone()
    return (int(row[0]), int(row[1])) if row else (0, 0)
