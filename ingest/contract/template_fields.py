"""Derive the columns of a fill-in template from a contract, and compare those of an older template with them.

See `orchestration.stewardship.template` for writing a template, `ingest.readers.formats.template` for reading a filled one.
"""

from __future__ import annotations

import dataclasses
import json
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import partial

from ingest.contract.model import Contract
from ingest.contract.sections.column import Column
from ingest.contract.vocabularies import RaceVocabulary, folded, load_vocabulary, valid_labels
from warehouse.fingerprint import text_sha256

NO_ANSWER, WRITE_IN = "No answer", "Another group"
TICK = "x"
YES_NO = ("yes", "no")
SHOWN_CHARACTERS = 60
# A person's own reasons for no answer; the others are a record's.
_OWN_REASONS = ("declined", "respondent_unknown")


@dataclass(frozen=True)
class TemplateField:
    """One column of the sheet. Several fields with a `label` or `question` fill one column: a question with boxes.

    `kind` is a type of the contract, `choice` or `box`. `label` is the answer that a tick in a box means. With `open`, other
    answers than `choices` are accepted.
    """

    heading: str
    column: str
    kind: str
    required: bool = False
    choices: tuple[str, ...] = ()
    open: bool = False
    label: str | None = None
    question: bool = False

    def as_json(self) -> str:
        """The field as the hidden sheet stores it."""
        return json.dumps(dataclasses.asdict(self), sort_keys=True, ensure_ascii=False)


def why_no_template(contract: Contract) -> str | None:
    """The reason why a table cannot be filled in by hand, or None."""
    if contract.format.unpivot is not None:
        return "its columns are named by a pattern (format.unpivot), so that a template cannot list them"
    if contract.format.kind in ("geojson", "shapefile") or any(column.type == "geometry" for column in contract.kept_columns):
        return "it is a map, and a sheet has no shapes"
    if any(column.files for column in contract.columns):
        return "it consists of several tables, which its contract distinguishes by the names of files"
    if contract.snapshot and "footer" in contract.snapshot.from_:
        return "its date is in the footer of a report"
    return None


def template_fields(contract: Contract) -> tuple[TemplateField, ...]:
    """The columns of the sheet, in the order of the contract, without the identifiers that Levelground would drop."""
    fields = [field for column in asked_columns(contract) for field in _fields(column, contract)]
    counted = Counter(folded(field.heading) for field in fields)
    return tuple(
        dataclasses.replace(field, heading=f"{field.heading} ({field.column})") if counted[folded(field.heading)] > 1 else field
        for field in fields
    )


def asked_columns(contract: Contract) -> tuple[Column, ...]:
    """The columns that a template asks for: those that are kept, and that neither name nor period of the file gives."""
    return tuple(column for column in contract.kept_columns if not column.is_of_file)


def version(fields: Iterable[TemplateField]) -> str:
    """A short hash that changes with anything that a person fills in or chooses from."""
    return text_sha256("\n".join(field.as_json() for field in fields))[:12]


def changes(before: Iterable[str], now: Iterable[TemplateField]) -> Iterator[str]:
    """Describe how the fields of an older template, as its hidden sheet stores them, differ from those of the contract."""
    older = {(field["column"], field["label"], field["heading"]): field for field in map(json.loads, before)}
    newer = {(field.column, field.label, field.heading): json.loads(field.as_json()) for field in now}
    for key in dict.fromkeys((*older, *newer)):
        name = "".join(filter(str.isprintable, str(key[2])))[:SHOWN_CHARACTERS]
        if key not in newer:
            yield f"{name} is no longer asked for"
        elif key not in older:
            yield f"{name} is new"
        elif older[key] != newer[key]:
            parts = {"kind": "the type", "choices": "the list of answers", "required": "whether it must be filled in"}
            changed = [words for part, words in parts.items() if older[key][part] != newer[key][part]]
            yield f"{name}: {' and '.join(changed) or 'the question'} changed"
    if list(older) != list(newer) and set(older) == set(newer):
        yield "the order of the columns changed"


def _fields(column: Column, contract: Contract) -> list[TemplateField]:
    name = column.delivered_names[0]
    heading = column.name if isinstance(name, int) else name
    required = column.required or column.name in contract.deciding_columns
    if column.is_label:
        return _label_fields(column, contract, heading, required)
    if choices := YES_NO if column.type == "boolean" else column.values:
        tokens = (token for token in column.null_tokens if token)
        return [TemplateField(heading, column.name, "choice", required, tuple(dict.fromkeys((*choices, *tokens))))]
    # an instant with its offset has no cell format
    is_plain = column.type == "geometry" or any("%z" in form for form in column.formats)
    return [TemplateField(heading, column.name, "text" if is_plain else column.type, required)]


def _label_fields(column: Column, contract: Contract, heading: str, required: bool) -> list[TemplateField]:
    seed, vocabularies = contract.vocabulary.crosswalk, [contract.vocabulary.race[name] for name in column.vocabulary_names()]
    labels = {label: code for found in vocabularies for label, code in valid_labels(found.name, seed).items()}
    choice = partial(TemplateField, heading, column.name, "choice", required)
    if column.label:
        return [choice(YES_NO)]
    if column.question:
        asked = f"{column.question}="
        values = (label[len(asked) :] for label in labels if folded(label).startswith(asked.lower()) and label != asked)
        return [choice(tuple(values))]
    answers = _answers(column, labels, vocabularies)
    is_open = any(found.open for found in vocabularies)
    reasons = tuple(label for label, code in labels.items() if code in _OWN_REASONS)
    if column.delimiter and answers is not None:
        boxes = [TemplateField(label, column.name, "box", choices=(TICK,), label=label, question=True) for label in answers]
        if is_open:
            boxes.append(TemplateField(WRITE_IN, column.name, "text", open=True, question=True))
        if reasons:
            boxes.append(TemplateField(NO_ANSWER, column.name, "choice", choices=reasons, question=True))
        return boxes
    if column.delimiter:
        return [TemplateField(heading, column.name, "text", required)]
    return [choice(tuple(dict.fromkeys((*(answers or labels), *(() if column.offered else reasons)))), is_open)]


def _answers(column: Column, labels: dict[str, str], vocabularies: list[RaceVocabulary]) -> tuple[str, ...] | None:
    """The answers of a question about race: every minimum category of SPD-15 (2024), and what the contract offers."""
    if not all(found.race_standard == "spd15_2024" for found in vocabularies):
        return column.offered
    of_code: dict[str, str] = {}
    for label, code in labels.items():
        if code not in (*load_vocabulary().words["missing_reasons"], "multiracial"):
            of_code.setdefault(code, label)  # the seed lists the minimum categories first
    offered = column.offered or ()
    known = {folded(label) for label in of_code.values()}
    return (*of_code.values(), *(label for label in offered if folded(label) not in known))
