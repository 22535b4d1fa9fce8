"""Write a draft as text: the contract's YAML with marks for decisions.

See `draft` for the content.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml

from ingest.contract.vocabularies.vocabulary import load_vocabulary
from ingest.contract_draft.delivered_sample import DraftError
from ingest.contract_draft.draft import Draft
from ingest.contract_draft.guesses import guesses
from warehouse.printable import printable

# What a person chooses from, next to a key that the draft guesses.
GUESSED = {"policy_area": "policy_areas", "cadence": "cadences"}
DECIDE, NOT_ASKED = "  # decide", "  # decide: not asked"


def write_draft(draft: Draft, folder: Path) -> Path:
    """Write the contract into a folder; `DraftError` if it exists: it may contain manual changes."""
    contract = folder / f"{draft.source}.yml"
    if contract.exists():
        raise DraftError(f"{contract} is there already; draft into another folder with --out, or remove it")
    folder.mkdir(parents=True, exist_ok=True)
    contract.write_text(contract_text(draft), encoding="utf-8")
    return contract


def contract_text(draft: Draft) -> str:
    """The YAML of the contract."""
    vocabulary, decisions = load_vocabulary().words, guesses()["open_decisions"]
    marked = {*guesses()["asked"], *(key for text in decisions for key in text.partition(":")[0].split(", "))}
    rows = f"{draft.rows:,} records" if draft.whole else f"the first {draft.rows:,} records"
    candidates = ", ".join(draft.keys) or "no column"
    lines = [
        f"# A draft, from {rows} of {_tables(draft.tables)}. Decide what is marked, then take these comments out.",
        # a line end in the name of a column would end the comment
        *(f"# - {printable(question)}" for question in (*draft.not_asked, *decisions, *draft.questions)),
        f"# Named a record in this delivery, each alone: {candidates}.",
    ]
    for key, value in draft.complete.items():
        if key == "columns":
            lines += ["columns:", *(f"  - {_flow(column)}" for column in value)]
        elif key not in draft.contract:
            lines.append(f"# {key}: {_choices(key)}{NOT_ASKED}")
        else:
            is_answered = key == "statistical_unit" and key in draft.answered
            mark = DECIDE if key in marked and not is_answered else ""
            choices = f": {' | '.join(vocabulary[GUESSED[key]])}" if key in GUESSED else ""
            lines.append(f"{key}: {_flow(value)}{mark}{choices}")
    return "\n".join(lines) + "\n"


def _flow(value: Any) -> str:
    """A value on one line, as YAML that reads back as the same value."""
    text = yaml.safe_dump(value, default_flow_style=True, width=100_000, allow_unicode=True, sort_keys=False)
    return text.removesuffix("\n").removesuffix("\n...").strip()


def _tables(names: tuple[str, ...]) -> str:
    if len(names) < 2:
        return printable(names[0]) if names else "one delivery"
    return f"{len(names)} tables, {printable(names[0])} to {printable(names[-1])}"


def _choices(key: str) -> str:
    return str(guesses()["choices"][key]).format(**{name: " | ".join(words) for name, words in load_vocabulary().words.items()})
