"""Combine the findings on a delivery into a draft contract, with the decisions left to a person, and write it as YAML."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

import yaml
from duckdb import DuckDBPyConnection

from ingest.contract import AGGREGATE, FIGURES, TEAM, Contract
from ingest.contract.vocabularies import Labels, Vocabulary, load_vocabulary
from ingest.contract.words import SOURCE_NAME, TIMES
from ingest.contract_draft.column_profiles import (
    ColumnProfile,
    Found,
    guesses,
    is_named,
    key_with_period,
    profile_columns,
    repeated_key,
    settle_places,
    year_of_names,
)
from ingest.contract_draft.column_roles import draft_column, group_counts, race_vocabulary, snake_case
from ingest.contract_draft.delivered_sample import DeliveredSample, DraftError
from warehouse.printable import printable

# Everyone may read a table that is held on these grounds.
PUBLIC = ("open_data", "public_record")
Kept = list[Found]
# What a person chooses from, next to a key that the draft guesses.
GUESSED = {"policy_area": "policy_areas", "cadence": "cadences"}
DECIDE, NOT_ASKED = "  # decide", "  # decide: not asked"


@dataclass(frozen=True)
class Answers:
    """A person's answers: `basis` of the agreement, `unit` of a row. Without one the draft lacks the key and marks its place."""

    basis: str | None = None
    unit: str | None = None


NO_ANSWERS = Answers()


@dataclass(frozen=True)
class Draft:
    """A contract as plain data, the notes next to its columns, and the decisions left.

    `unmapped`: columns that seem to hold race, with the vocabulary of most labels, and all labels, some of which it lacks.
    `tables`: the names of the files or parts that the records are from.
    `contract` lacks the keys of `not_asked`; `complete` has stand-ins for them, to check a delivery before they are decided.
    """

    complete: dict[str, Any]
    questions: tuple[str, ...]
    keys: tuple[str, ...]
    rows: int
    whole: bool
    answered: tuple[str, ...] = ()
    unmapped: tuple[tuple[str, str, tuple[str, ...]], ...] = ()
    tables: tuple[str, ...] = ()

    @property
    def contract(self) -> dict[str, Any]:
        """What the draft writes."""
        return {key: value for key, value in self.complete.items() if key not in guesses()["asked"] or key in self.answered}

    @property
    def not_asked(self) -> tuple[str, ...]:
        """The decisions on publication that no person has made."""
        return tuple(text for key, text in guesses()["asked"].items() if key not in self.answered)

    @property
    def source(self) -> str:
        """The name of the source."""
        return str(self.complete["source"])


def draft(
    name: str,
    delivered: DeliveredSample,
    labels: Labels,
    jurisdiction: str,
    con: DuckDBPyConnection,
    answers: Answers = NO_ANSWERS,
    vocabulary: Vocabulary | None = None,
) -> Draft:
    """The draft of the contract `name`; `labels` are those of the crosswalk, by vocabulary, `vocabulary` the words of a layer.

    `DraftError` for a name that none can have, and for a delivery in which nothing is left to take.
    """
    if not SOURCE_NAME.fullmatch(name):
        raise DraftError(f"{name!r} is no name for a source; write it like parks__permits: department, two underscores, data set")
    found = profile_columns(con, delivered.header, delivered.rows)
    if not found:
        raise DraftError("the delivery has no columns")
    columns, ignore, questions = _columns(delivered, found, labels)
    kept = [(column, profile) for column, profile in columns if column.get("keep") != "drop"]
    questions += settle_places(kept)
    keys = tuple(c["name"] for c, profile in kept if profile.is_unique and c["type"] in ("text", "integer"))
    named = next((name for name in keys if is_named("code", name)), None)
    repeated = repeated_key(con, delivered.rows, kept) if delivered.whole and named is None else None
    single = (named or repeated) if delivered.whole else None
    key = [single] if single else key_with_period(con, delivered.rows, delivered.header, kept) if delivered.whole else None
    if repeated:
        questions.append(f"{repeated}: it names a record, but for rows that are delivered twice; drop_exact keeps one of them")
    time, closed = _times(kept)
    for column, profile in kept:
        if column["name"] in (key or ()):
            column.update({"required": True} | ({"role": "key"} if single else {}))
        elif column["name"] == time:
            column.update({"required": True} if profile.is_complete else {}, role="event_time")
        elif column["name"] == closed:
            column["role"] = "closed_time"
    years = year_of_names(delivered.files, kept) if time is None else None
    if time is None and not years and not any(column.get("role") in ("period", "geometry") for column, _ in kept):
        questions.append(guesses()["questions"]["undated"])
    if years:
        questions.append(
            f"{years['name']}: no column has dates, so the year is that of the name of the file or sheet; a stock of one day "
            "needs snapshot: {from: file_name} instead"
        )
    department, dataset = name.split("__", maxsplit=1)
    begun = guesses()["contract"]
    agreement = {"basis": answers.basis, "classification": "public" if answers.basis in PUBLIC else "internal"}
    contract: dict[str, Any] = begun | {
        "source": name,
        "title": dataset.replace("_", " ").capitalize(),
        "department": department,
        "jurisdiction": jurisdiction,
        "steward": {"team": "to be named", "contact": f"{department}-data@city.example"},
        "agreement": begun["agreement"] | (agreement if answers.basis else {}),
        "statistical_unit": answers.unit or begun["statistical_unit"],
        "audience": FIGURES if answers.unit == AGGREGATE else TEAM,
        "connector": dict(delivered.connector),
        "format": dict(delivered.form),
        "load": {"mode": "replace", "key": key, "duplicates": "drop_exact" if repeated else "keep"},
        "columns": [*([years] if years else []), *(column for column, _ in columns)],
    }
    if delivered.path is None:
        # what was fetched for the draft is fetched by runs, also in a home that reads a folder
        contract["delivered_by"] = "live"
    if ignore:
        contract["ignore"] = ignore
    questions += _declare_files(contract, delivered, columns)
    if delivered.footer:
        contract["footer"] = {"rows": delivered.footer}
    # an invalid draft is an error of Levelground, and fails here
    Contract.model_validate(contract, context=vocabulary or load_vocabulary())
    return Draft(
        contract,
        (*delivered.questions, *questions),
        keys,
        delivered.rows.num_rows,
        delivered.whole,
        tuple(key for key, answer in (("agreement", answers.basis), ("statistical_unit", answers.unit)) if answer),
        tuple(_unmapped(kept, labels)),
        delivered.tables,
    )


def _declare_files(contract: dict[str, Any], delivered: DeliveredSample, columns: Kept) -> Iterator[str]:
    """Ignore the files of other tables, and give those that lack a column a layout; the decisions left."""
    if member := delivered.others.member(delivered.tables):
        contract["format"]["member"] = member
    elif delivered.others.files:
        contract["ignore_files"] = delivered.others.files
    yield from delivered.others.questions(contract["department"], delivered.path)
    by_name = {column["from"]: column["name"] for column, _ in columns}
    for file, missing in delivered.lacking.items():
        layout = {"files": PurePosixPath(file).name, "columns": {by_name[name]: None for name in missing if name in by_name}}
        contract["format"].setdefault("layouts", []).append(layout)
        yield f"{file} has no column {', '.join(missing)}: it is empty for its rows; does the department have it?"


def _unmapped(kept: Kept, labels: Labels) -> Iterator[tuple[str, str, tuple[str, ...]]]:
    for column, profile in kept:
        if column.get("privacy") == "sensitive" and "role" not in column:
            vocabulary = race_vocabulary(profile, column["name"], labels)
            if vocabulary:
                yield column["name"], vocabulary, profile.labels


def _columns(delivered: DeliveredSample, found: list[ColumnProfile], labels: Labels) -> tuple[Kept, list[str], list[str]]:
    """The columns with their profiles, the names that the contract ignores, and the decisions left to a person."""
    by_position = delivered.form.get("header", {}).get("rows") == "none"
    times = Counter(profile.name for profile in found)
    columns: Kept = []
    ignore: dict[str, None] = {}
    questions: list[str] = []
    used: set[str] = set()
    counts = group_counts(found, labels)
    if counts:
        questions.append(f"{', '.join(counts)}: {guesses()['questions']['groups']}")
    for at, profile in enumerate(found, 1):
        if not by_position and (not profile.name or times[profile.name] > 1):
            if profile.name not in ignore:
                what = f"{profile.name} is delivered {times[profile.name]} times" if profile.name else "a column has no name"
                questions.append(f"{what}: it is left out until the steward says which one holds")
            ignore[profile.name] = None
            continue
        name = snake_case("" if by_position else profile.name, used, at)
        if delivered.form["kind"] in ("geojson", "shapefile") and profile.name == "geometry":
            columns.append(({"name": name, "from": profile.name, "type": "geometry", "role": "geometry"}, profile))
            continue
        column, column_questions = draft_column(profile, name, at if by_position else profile.name, labels, counts)
        columns.append((column, profile))
        questions += column_questions
    if not any(column.get("keep") != "drop" for column, _ in columns):
        raise DraftError(
            "no column is left that may be kept: columns without a name of their own, or with personal data, are left out. "
            "Are the names in another row? Write the contract by hand with format.header, see docs/formats.md"
        )
    return columns, list(ignore), questions


def _times(kept: Kept) -> tuple[str | None, str | None]:
    """The columns with the time when a thing happened and when it ended, guessed from their names."""
    times = [column["name"] for column, _ in kept if column["type"] in TIMES]
    closed = next((name for name in times if is_named("closed", name)), None)
    begun = [name for name in times if name != closed]
    return next((name for name in begun if is_named("begun", name)), next(iter(begun), None)), closed


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
            choices = guesses()["choices"][key].format(**{name: " | ".join(words) for name, words in vocabulary.items()})
            lines.append(f"# {key}: {choices}{NOT_ASKED}")
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
