"""The contract as a whole, and the rules between its parts.

Here: `Contract`. Not here: finding contracts and reading their files (`ingest.registry`).
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from typing import Annotated

from pydantic import Field, ValidationInfo, model_validator

from ingest.contract.column import Column
from ingest.contract.connectors import Connector
from ingest.contract.parts import (
    LOAD_COLUMNS,
    Agreement,
    Collection,
    Expectation,
    FollowUp,
    Footer,
    Format,
    Freshness,
    Load,
    Period,
    Steward,
    Tolerances,
)
from ingest.contract.words import SOURCE_NAME, TIMES, Geoid, Identifier, Strict, matching, vocabulary_of, word
from ingest.vocabulary import RaceVocabulary, Vocabulary


class Contract(Strict):
    """One delivered table."""

    source: Annotated[str, matching(SOURCE_NAME, "<department>__<dataset> in lower case")]
    title: str
    department: Identifier
    policy_area: Annotated[str, word("policy_areas")]
    jurisdiction: Geoid
    grain: str
    steward: Steward
    agreement: Agreement
    statistical_unit: Annotated[str, word("statistical_units")]
    platform: str
    connector: Connector
    format: Format
    load: Load
    period: Period | None = None
    as_of: dt.datetime | dt.date | None = None
    cadence: Annotated[str, word("cadences")]
    freshness: Freshness | None
    follow_up: FollowUp | None = None
    collection: Collection = Collection.model_construct(mode="administrative")
    tolerances: Tolerances = Tolerances()
    columns: Annotated[tuple[Column, ...], Field(min_length=1)]
    expectations: tuple[Expectation, ...] = ()
    ignore: tuple[str, ...] = ()
    concepts: Identifier | None = None
    footer: Footer | None = None

    @model_validator(mode="after")
    def _consistent(self, info: ValidationInfo) -> Contract:
        for problem in self._problems(vocabulary_of(info)):
            raise ValueError(problem)
        return self

    def _problems(self, vocabulary: Vocabulary) -> Iterator[str]:
        names = [column.name for column in self.columns]
        for name in sorted({name for name in names if names.count(name) > 1}):
            yield f"columns: {name} stands twice; give each column a name of its own"
        delivered = [name for column in self.columns for name in column.delivered_names]
        for twice in sorted({str(name) for name in delivered if delivered.count(name) > 1}):
            yield f"columns: {twice} is taken by two columns (from); each delivered column feeds one"
        if not self.source.startswith(f"{self.department}__"):
            yield f"source: {self.source} does not start with its department {self.department}__"
        kept = {column.name for column in self.columns if column.is_kept}
        for where, used in self._references():
            if used not in kept and not (where == "load.order_by" and used in LOAD_COLUMNS):
                yield f"{where}: {used} is no column that this contract keeps; its columns are {', '.join(sorted(kept))}"
        if self.load.period_column and self.column(self.load.period_column).type not in TIMES:
            yield f"load.period_column: {self.load.period_column} must be of type date or timestamp"
        if self.format.header.rows == "none" and any(isinstance(name, str) for name in delivered):
            yield "columns: a file without header gives no names; write from: as a position (1, 2, …) in every column"
        for column in self.columns:
            for name in column.vocabulary_names():
                if name not in vocabulary.race:
                    known = ", ".join(vocabulary.race)
                    yield f"columns: {column.name}: {name!r} is no vocabulary; choose one of {known}, or add it"
        if self.cadence != "once" and self.freshness is None:
            yield "freshness: only a source with cadence once is never stale; say after how many hours it is"

    def _references(self) -> Iterator[tuple[str, str]]:
        load, follow_up = self.load, self.follow_up
        yield from (("load.key", name) for name in load.key or ())
        yield from (("load.order_by", name) for name in load.order_by)
        if load.period_column:
            yield "load.period_column", load.period_column
        if follow_up:
            yield "follow_up.start", follow_up.start
            yield "follow_up.end", follow_up.end
        cursor = getattr(self.connector, "cursor", None)
        if cursor:
            yield "connector.cursor", cursor
        for column in self.columns:
            if isinstance(column.vocabulary, dict):
                yield f"columns.{column.name}.vocabulary.by", column.vocabulary.get("by", "(none)")

    def column(self, name: str) -> Column:
        """The column of that name; KeyError if there is none."""
        for column in self.columns:
            if column.name == name:
                return column
        raise KeyError(name)

    @property
    def kept_columns(self) -> tuple[Column, ...]:
        """The columns that reach the disk."""
        return tuple(column for column in self.columns if column.is_kept)

    @property
    def deciding_columns(self) -> tuple[str, ...]:
        """The columns without which a row is no record: key and period."""
        period = (self.load.period_column,) if self.load.period_column else ()
        return tuple(dict.fromkeys((*(self.load.key or ()), *period)))

    @property
    def hash_key_needed(self) -> bool:
        """Whether a run of this source needs LEVELGROUND_HASH_KEY."""
        return any(column.is_hashed for column in self.columns)

    def race_vocabularies(self, vocabulary: Vocabulary) -> tuple[RaceVocabulary, ...]:
        """The race vocabularies that the contract's columns use, in their order."""
        names = dict.fromkeys(name for column in self.columns for name in column.vocabulary_names())
        return tuple(vocabulary.race[name] for name in names)
