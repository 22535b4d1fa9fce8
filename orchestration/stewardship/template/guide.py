"""Read the words of a template in a language, and describe what to write into each of its columns and how to deliver it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import groupby
from pathlib import Path

from ingest.contract import Column, Contract
from ingest.contract.template_fields import TemplateField
from ingest.layers import rows_of_seed

LANGUAGES = ("en", "es")
FOLDER = Path(__file__).parent


@dataclass(frozen=True)
class TemplateTexts:
    """The texts of one language."""

    language: str
    texts: dict[str, str]
    is_reviewed: bool

    def __call__(self, text_id: str, **values: object) -> str:
        """The text, with the words in braces replaced."""
        return self.texts[text_id].format(**values)

    def answer(self, label: str) -> str:
        """An answer in this language, or as the department writes it if there is no translation."""
        return self.texts.get(f"answer.{label}", label)

    def notice(self) -> str:
        """The sentence about a translation that no speaker has reviewed; empty if one has."""
        return "" if self.is_reviewed else self("machine")


def rows(language: str) -> list[dict[str, str]]:
    """The rows of a language's file."""
    return rows_of_seed(FOLDER / f"texts_{language}.csv")


@cache
def template_texts(language: str) -> TemplateTexts:
    """Read the texts of a language."""
    found = rows(language)
    is_reviewed = all(row["review_status"] != "machine" for row in found)
    return TemplateTexts(language, {row["text_id"]: row["text"] for row in found}, is_reviewed)


def steps(contract: Contract, fields: Sequence[TemplateField], sheet: str, texts: TemplateTexts) -> Iterator[str]:
    """The instructions, in the order in which a person needs them."""
    yield texts("step_rows", sheet=sheet, grain=contract.grain)
    for name in ("step_header", "step_lists", "step_empty"):
        yield texts(name)
    if any(contract.column(field.column).role in ("race", "race_flag", "ethnicity") for field in fields):
        is_asked = contract.collection.mode == "self" and any(field.question for field in fields)
        yield texts("step_race" if is_asked else "step_race_recorded")
    if _needs_name(contract):
        yield texts("step_name")
    yield texts("step_deliver", source=contract.source)
    yield texts("step_new")
    yield from notices(contract, fields, texts)


def notices(contract: Contract, fields: Sequence[TemplateField], texts: TemplateTexts) -> Iterator[str]:
    """What happens to private columns, and whom to ask."""
    if any(is_private(contract.column(field.column)) for field in fields):
        yield texts("private_note")
    dropped = [str(column.delivered_names[0]) for column in contract.columns if not column.is_kept]
    if dropped:
        yield texts("dropped", columns=", ".join(dropped))
    yield texts("step_contact", team=contract.steward.team, contact=contract.steward.contact)


def is_private(column: Column) -> bool:
    """Whether values of the column never leave the warehouse."""
    return column.privacy != "public"


def privacy(column: Column, texts: TemplateTexts) -> str:
    """The notice about a column."""
    return texts("hashed" if column.is_hashed else "private" if is_private(column) else "public")


def guide(field: TemplateField, column: Column, texts: TemplateTexts, has_boxes: bool = False) -> str:
    """What to write into a column, in a few short sentences. `has_boxes`: the answers are boxes on paper, and no list."""
    if field.question and field.kind != "box":
        return texts("no_answer" if field.choices else "write_in")
    of_choice = "_open" if field.open else "_paper" if has_boxes else ""
    kind = f"kind_{field.kind}" + (of_choice if field.kind == "choice" else "")
    parts = [] if field.kind == "text" else [texts(kind)]
    meaning = f"role_{column.role}"
    if field.kind != "box":
        is_known = meaning in texts.texts and not column.description
        parts.insert(0, texts(meaning) if is_known else f"{column.meaning}.")
    if field.kind == "text" and column.formats:
        parts.append(texts("written_like", example=dt.datetime(2025, 3, 15, 14, 30, tzinfo=dt.UTC).strftime(column.formats[0])))
    if column.delimiter and not field.question:
        parts.append(texts("several", delimiter=column.delimiter))
    if column.timezone:
        parts.append(texts("time_zone", zone=column.timezone))
    for name, bound in (("at_least", column.min), ("at_most", column.max)):
        if bound is not None:
            parts.append(texts(name, bound=f"{bound:%m/%d/%Y}" if isinstance(bound, dt.date) else f"{bound:.15g}"))
    return " ".join(parts)


def question(contract: Contract, texts: TemplateTexts) -> str:
    """The question about race and ethnicity, as SPD-15 (2024) words it where people answer themselves."""
    return texts("race_question" if contract.collection.mode == "self" else "race_question_recorded")


def questions(fields: Sequence[TemplateField]) -> Iterator[tuple[int, int]]:
    """The first and last position of each question with boxes."""
    for (_, is_question), group in groupby(enumerate(fields), key=lambda one: (one[1].column, one[1].question)):
        positions = [at for at, _ in group]
        if is_question:
            yield positions[0], positions[-1]


def _needs_name(contract: Contract) -> bool:
    by_name = contract.snapshot and "file_name" in contract.snapshot.from_
    release = contract.load.release and contract.load.release.file_name
    return bool(by_name or release or any(column.is_of_file or column.max_from_file for column in contract.columns))
