"""Write the paper form of a template as a tagged PDF (PDF/UA-1): one record per form, with boxes for answers from a list."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Sequence
from itertools import groupby
from pathlib import Path
from typing import Any

from ingest.contract import Contract
from ingest.contract.template_fields import TemplateField, template_fields, version
from orchestration.stewardship.template.guide import guide, notices, privacy, question
from orchestration.stewardship.template.texts import TemplateTexts, template_texts

LAYOUT = Path(__file__).with_name("form.typ")
MOST_BOXES = 16  # a longer list becomes a line to write on
WIDE = 40  # characters of all answers that fit a line
_STANDARD_DAY = dt.datetime(2024, 3, 28, tzinfo=dt.UTC)  # equal bytes each time


def write_form(contract: Contract, path: Path, language: str) -> None:
    """Write the form in one language."""
    import typst  # noqa: PLC0415 - 84 MB, which no other command needs

    content = json.dumps(form_content(contract, template_texts(language)), ensure_ascii=False)
    made = typst.compile(
        LAYOUT.read_bytes(),
        format="pdf",
        pdf_standards="ua-1",
        ignore_system_fonts=True,
        timestamp=_STANDARD_DAY,
        sys_inputs={"content": content},
    )
    path.write_bytes(made)


def form_content(contract: Contract, texts: TemplateTexts) -> dict[str, Any]:
    """Everything that the form shows."""
    fields = template_fields(contract)
    grouped = [list(group) for _, group in groupby(fields, key=lambda field: (field.column, field.question))]
    return {
        "language": texts.language,
        "title": contract.title,
        "team": contract.steward.team,
        "source": contract.source,
        "version": version(fields),
        "page": texts("page"),
        "notices": [text for text in (texts.notice(), *notices(contract, fields, texts)) if text],
        "questions": [_question(contract, group, texts) for group in grouped],
    }


def _question(contract: Contract, fields: Sequence[TemplateField], texts: TemplateTexts) -> dict[str, Any]:
    column = contract.column(fields[0].column)
    if fields[0].question:
        answers = [texts.answer(field.label) for field in fields if field.label is not None]
        answers += [texts.answer(choice) for field in fields if field.kind == "choice" for choice in field.choices]
        lines = [texts("write_in") for field in fields if field.kind == "text"]
        # the SPD-15 question has no other words than its own
        return {
            "heading": question(contract, texts), "guide": f"{privacy(column, texts)}.", "required": False, "answers": answers,
            "lines": lines, "wide": True,
        }  # fmt: skip
    field = fields[0]
    is_listed = 0 < len(field.choices) <= MOST_BOXES
    answers = [texts.answer(choice) for choice in field.choices] if is_listed else []
    return {
        "heading": field.heading,
        "guide": f"{guide(field, column, texts, has_boxes=is_listed)} {privacy(column, texts)}.",
        "required": field.required,
        "answers": answers,
        "lines": [] if is_listed and not field.open else [""],
        "wide": sum(map(len, answers)) > WIDE,
    }
