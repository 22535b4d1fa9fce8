"""Write a draft as text: the contract's YAML with marks for decisions, and the staging model's SQL.

See `draft` for the content.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml

from ingest.scaffold.delivered_sample import DraftError
from ingest.scaffold.draft import ASKED, OPEN_DECISIONS, Draft
from warehouse.printable import printable

DECIDE, NOT_ASKED = "  # decide", "  # decide: not asked"
TOLD_BY_PEOPLE = frozenset(
    {
        "title",
        "policy_area",
        "jurisdiction",
        "grain",
        "steward",
        "agreement",
        "statistical_unit",
        "platform",
        "load",
        "cadence",
        "freshness",
    }
)


def write_draft(draft: Draft, folder: Path) -> tuple[Path, Path]:
    """Write both files into a folder; `DraftError` if one of them exists: it may contain manual changes."""
    contract, model = folder / f"{draft.source}.yml", folder / f"stg_{draft.source}.sql"
    for path in (contract, model):
        if path.exists():
            raise DraftError(f"{path} is there already; draft into another folder with --out, or remove it")
    folder.mkdir(parents=True, exist_ok=True)
    contract.write_text(contract_text(draft), encoding="utf-8")
    model.write_text(model_text(draft), encoding="utf-8")
    return contract, model


def contract_text(draft: Draft) -> str:
    """The YAML of the contract."""
    rows = f"{draft.rows:,} records" if draft.whole else f"the first {draft.rows:,} records"
    candidates = ", ".join(draft.keys) or "no column"
    lines = [
        f"# A draft, from {rows} of one delivery. Decide what is marked, then take these comments out.",
        # a line end in the name of a column would end the comment
        *(f"# - {printable(question)}" for question in (*draft.not_asked, *OPEN_DECISIONS, *draft.questions)),
        f"# Named a record in this delivery, each alone: {candidates}.",
    ]
    for key, value in draft.contract.items():
        if key == "columns":
            lines += ["columns:", *(f"  - {_flow(column)}" for column in value)]
        else:
            mark = NOT_ASKED if key in ASKED and key not in draft.answered else DECIDE if key in TOLD_BY_PEOPLE else ""
            lines.append(f"{key}: {_flow(value)}{mark}")
    return "\n".join(lines) + "\n"


def _flow(value: Any) -> str:
    """A value on one line, as YAML that reads back as the same value."""
    text = yaml.safe_dump(value, default_flow_style=True, width=100_000, allow_unicode=True, sort_keys=False)
    return text.removesuffix("\n").removesuffix("\n...").strip()


def model_text(draft: Draft) -> str:
    """The SQL of the staging model."""
    columns = [column for column in draft.contract["columns"] if column.get("keep") != "drop"]
    race = next((column for column in columns if column.get("role") == "race" and "vocabulary" in column), None)
    dates = [column for column in columns if column["name"] == draft.time]
    lines = [
        f"-- {draft.contract['grain']}",
        "with",
        "typed as (",
        f"    select * from {{{{ source('landing', '{draft.source}') }}}}",
        "),",
        "",
        "contract as (",
        f"    {{{{ contract_row('{draft.source}') }}}}",
        "),",
        "",
        "renamed as (",
        "    select",
        f"        '{draft.source}' as source,",
        "        contract.jurisdiction,",
        "        typed._record_hash,",
        "        typed._load_id,",
        "        typed._source_file,",
        "        typed._source_row,",
    ]
    names = [f"typed.{column['name']}" for column in columns]
    if dates:
        names.insert(0, f"cast(typed.{draft.time} as date) as occurred_on")
    names.append("contract.data_as_of")
    lines += [f"        {name}," for name in names[:-1]] + [
        f"        {names[-1]}",
        "    from typed",
        "    left join contract on true",
        ")",
    ]
    if race is None:
        return "\n".join([*lines, "", "select * from renamed"]) + "\n"
    on_date = "renamed.occurred_on" if dates else "cast(renamed.data_as_of as date)"
    conformed = f"    {{{{ race_conformed('renamed', 'renamed.{race['name']}', \"'{race['vocabulary']}'\", '{on_date}') }}}}"
    lines[-1] = "),"
    return "\n".join([*lines, "", "conformed as (", conformed, ")", "", "select * from conformed"]) + "\n"
