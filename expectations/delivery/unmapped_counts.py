"""Count the labels of a delivery that the crosswalk seed does not map, and write the seed rows that would map them.

The gate checks their share (`suite_from_contract`). `levelground sources check` and `levelground try` display them.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from dataclasses import dataclass

from duckdb import DuckDBPyConnection

from expectations.delivery.cell_checks import BLANK, delivery_query
from expectations.delivery.column_differences import missing_columns
from expectations.delivery.unmapped_labels import folded, is_unmapped, labels_in, read_labels
from ingest.contract import Contract
from ingest.layers import SeedFile
from warehouse.sql import identifier

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
        text = io.StringIO()
        answer = self.answer or (DECIDE, DECIDE, "")
        csv.writer(text, lineterminator="").writerow((self.vocabulary, self.label or "", *answer, "1900-01-01", "9999-12-31", ""))
        return text.getvalue()


def count_unmapped_labels(
    con: DuckDBPyConnection, contract: Contract, columns_missing: Sequence[str], crosswalk: SeedFile, city_zone: str
) -> list[UnmappedLabel]:
    """The unmapped labels of the batch in `delivery.<source>`, the most frequent of each column first."""
    relation, labels = f"delivery.{identifier(contract.source)}", read_labels(crosswalk)
    reading = delivery_query(contract, relation, missing_columns(contract, columns_missing), labels, city_zone)
    least = contract.agreement.suppress_below if contract.statistical_unit in PERSONS else 0
    answers, open_vocabularies = _answers(crosswalk), {name for name, v in contract.vocabulary.race.items() if v.open}
    found: list[UnmappedLabel] = []
    for check in reading.labels:
        column, vocabulary = check.column, check.vocabulary
        cells = labels_in(column.name, column.question, column.delimiter)
        among = f"from ({reading.query}) as cells where not {BLANK} and ({check.among})"
        counted = con.execute(f"select count(*) {among}").fetchone()
        of = int(counted[0]) if counted else 0
        rows = con.execute(
            f"select label, count(*) from (select unnest({cells}) as label {among}) as labels "
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


def _answers(crosswalk: SeedFile) -> dict[str, Answer]:
    """The answer of each folded label to which all vocabularies that have it give the same one."""
    answers: dict[str, set[Answer]] = {}
    with crosswalk.open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            answer = (row["race_ethnicity_set"], row["race_ethnicity_code"], row["missing_reason"])
            answers.setdefault(folded(row["reported_label"]), set()).add(answer)
    return {label: found.pop() for label, found in answers.items() if len(found) == 1}
