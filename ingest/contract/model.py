"""The contract as a whole, and the rules between its parts. `keys.yml` says what each key holds."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from typing import Annotated, Literal

from pydantic import Field, PrivateAttr, ValidationInfo, model_validator

from ingest.contract.sections.column import Column, ReleaseFiles
from ingest.contract.sections.format import Connector, FileConnector, Format, Layout, gives_rows, lookback
from ingest.contract.sections.general import (
    LOAD_COLUMNS,
    SNAPSHOT_ON,
    Agreement,
    AsOf,
    AsOfRule,
    Collection,
    Expectation,
    FollowUp,
    Footer,
    Freshness,
    Load,
    Period,
    Snapshot,
    Steward,
    Tolerances,
    snapshot_problems,
)
from ingest.contract.vocabularies import RaceVocabulary, Vocabulary, folded, mapped_labels
from ingest.contract.words import (
    NATIONAL,
    TIMES,
    FormerNames,
    Identifier,
    Inconsistent,
    Jurisdiction,
    SourceName,
    Strict,
    vocabulary_of,
    word,
)
from ingest.contract.yaml_source import Location

AGGREGATE = "aggregate"
# The audiences of every city: those who read figures, and the data team, which reads the analyst file.
FIGURES, TEAM = "figures", "team"


class Contract(Strict):
    """One delivered table."""

    source: SourceName
    formerly: FormerNames = ()
    title: str
    department: Identifier
    policy_area: Annotated[str, word("policy_areas")]
    jurisdiction: Jurisdiction = "city"
    coverage: Literal["national", "state", "county", "city"] | None = None
    grain: str
    steward: Steward
    agreement: Agreement
    statistical_unit: Annotated[str, word("statistical_units")]
    audience: Identifier | None = None
    platform: str
    connector: Connector
    delivered_by: Literal["folder", "live"] | None = None
    format: Format = Format(kind="csv")
    load: Load
    period: Period | None = None
    as_of: AsOf | None = None
    cadence: Annotated[str, word("cadences")]
    due: Annotated[str, word("rhythms")] | None = None
    freshness: Freshness | None
    follow_up: FollowUp | None = None
    collection: Collection = Collection.model_construct(mode="administrative")
    tolerances: Tolerances = Tolerances()
    columns: Annotated[tuple[Column, ...], Field(min_length=1)]
    expectations: tuple[Expectation, ...] = ()
    ignore: tuple[str, ...] = ()
    ignore_files: tuple[Annotated[str, Field(min_length=1)], ...] = ()
    release_files: ReleaseFiles | None = None
    concepts: Identifier | None = None
    footer: Footer | None = None
    snapshot: Snapshot | None = None
    _vocabulary: Vocabulary = PrivateAttr()

    @model_validator(mode="after")
    def _consistent(self, info: ValidationInfo) -> Contract:
        vocabulary = vocabulary_of(info)
        self._vocabulary = vocabulary
        problems = tuple(self._contradictions(vocabulary))
        if problems:
            raise Inconsistent(problems)
        return self

    @property
    def vocabulary(self) -> Vocabulary:
        """The words that the contract may use: the shared ones, and those of the layer that it belongs to."""
        return self._vocabulary

    def _contradictions(self, vocabulary: Vocabulary) -> Iterator[tuple[Location, str]]:
        if not self.source.startswith(f"{self.department}__"):
            yield ("source",), f"{self.source} does not start with its department {self.department}__"
        if self.source in self.formerly:
            yield ("formerly",), f"{self.source} is its present name; name those that it had before"
        if self.cadence != "once" and self.freshness is None:
            yield ("freshness",), "only a source with cadence once is never stale; say after how many hours it is"
        if self.audience == FIGURES and self.statistical_unit != AGGREGATE:
            message = (
                f"each row is a {self.statistical_unit}, and the file of figures contains none; name an audience of city.yml, or "
                f"{TEAM} for the data team alone"
            )
            yield ("audience",), message
        private = [column.name for column in self.columns if column.privacy != "public"]
        if self.coverage == NATIONAL and private:
            message = (
                f"homes of several cities share a national delivery, and {', '.join(private)} may not be shared; write what each "
                "city's own delivery covers (state, county or city), or leave these columns out"
            )
            yield ("coverage",), message
        yield from self._column_problems(vocabulary)
        yield from self._format_problems()
        kept_columns = {column.name: column for column in self.columns if column.is_kept}
        times = (("load", "period_column"), ("follow_up", "start"), ("follow_up", "end"), ("snapshot", "column"))
        for where, used in self._references():
            if used not in kept_columns:
                yield where, f"{used} is no column that this contract keeps; its columns are {', '.join(sorted(kept_columns))}"
            elif where[:2] == ("load", "partition_by") and not kept_columns[used].required:
                yield where, f"{used} decides which rows a delivery replaces; write required: true in the column {used}"
            elif where in times and kept_columns[used].type not in TIMES:
                yield where, f"{used} is of type {kept_columns[used].type}; it must be of type date or timestamp"
        yield from self._unpivot_problems()
        yield from self._cursor_problems(kept_columns)
        yield from snapshot_problems(self.load, self.snapshot, self.footer)
        if self.agreement.keep_for and self.event_column is None:
            message = (
                "keep_for counts from the event of a row, and no column of this contract dates it; give a column of type date or "
                "timestamp the role event_time or period, or name it in load.period_column"
            )
            yield ("agreement", "keep_for"), message

    def _format_problems(self) -> Iterator[tuple[Location, str]]:
        if self.delivered_by == "live" and isinstance(self.connector, FileConnector) and self.connector.path is None:
            message = "the connector names nothing to fetch from; write connector.path, or delivered_by: folder"
            yield ("delivered_by",), message
        if not self.has_format and not gives_rows(self.connector):
            yield ("format",), "this key is missing; add it: it says how the files are written, like format: {kind: csv}"
        of_file = {column.name for column in self.columns if column.is_of_file}
        dated = [at for at, column in enumerate(self.columns) if column.from_period]
        for at in dated:
            if not self.period and not any(layout.period for layout in self.format.layouts):
                message = "no file has a period; write period: {start, end}, for all files or in format.layouts for some"
                yield ("columns", at, "from_period"), message
        for at, layout in enumerate(self.format.layouts):
            where: Location = ("format", "layouts", at)
            if layout.period and not dated:
                message = "a column holds the period of each file; add one like {name: period_end, type: date, from_period: end}"
                yield (*where, "period"), message
            for name in layout.columns or ():
                if name not in {column.name for column in self.columns}:
                    yield (*where, "columns", name), f"{name} is no column of this contract; write its name under columns:"
                elif name in of_file:
                    yield (*where, "columns", name), f"the file gives {name}, so that no delivered column does; leave it out here"
            yield from self._layout_problems(layout, where)

    def _layout_problems(self, layout: Layout, where: Location) -> Iterator[tuple[Location, str]]:
        used: set[str | int] = set()
        is_headless = (layout.header or self.format.header).may_be_absent
        for column in (column for column in self.columns if not column.is_of_file):
            names = layout.columns.get(column.name, column.delivered_names) if layout.columns else column.delivered_names
            for delivered in names or ():
                if delivered in used:
                    message = f"{delivered} is taken by two columns; each delivered column feeds one"
                    yield (*where, "columns", column.name), message
            is_stated = layout.header or (layout.columns and column.name in layout.columns)
            if is_headless and is_stated and names and not any(isinstance(name, int) for name in names):
                message = f"these files have no header; give {column.name} a position (1, 2, …) here, or null if they lack it"
                yield (*where, "columns"), message
            used.update(names or ())

    def _unpivot_problems(self) -> Iterator[tuple[Location, str]]:
        if self.format.unpivot is None:
            return
        if self.concepts is None:
            yield ("format", "unpivot"), "a seed defines what the columns mean; name its list in concepts:"
        named = {str(name) for column in self.columns for name in column.delivered_names}
        for key in ("names", "values"):
            name = getattr(self.format.unpivot, key)
            if name not in named:
                yield ("format", "unpivot", key), f"{name} is no column of this contract; add it, or write the name of one"

    def _cursor_problems(self, kept_columns: dict[str, Column]) -> Iterator[tuple[Location, str]]:
        cursor, back = getattr(self.connector, "cursor", None), lookback(self.connector)
        if cursor is None or cursor not in kept_columns:
            return
        mode, kind = self.load.mode, kept_columns[cursor].type
        if mode not in ("merge", "replace_period") or (mode == "replace_period" and cursor != self.load.period_column):
            message = (
                "rows that are asked for again must find the ones they replace: a cursor needs load mode merge with a key, "
                "or replace_period with the cursor as its period_column"
            )
            yield ("load", "mode"), message
        if kind not in (*TIMES, "integer"):
            yield ("connector", "cursor"), f"{cursor} is of type {kind}; a cursor is a date, a timestamp or an integer"
        elif (kind == "integer") != isinstance(back, int):
            wanted = "a plain number like 1000" if kind == "integer" else "a duration like 7 days"
            yield ("connector", "lookback"), f"{cursor} is of type {kind}; its look-back is {wanted}"

    def _column_problems(self, vocabulary: Vocabulary) -> Iterator[tuple[Location, str]]:
        names: set[str] = set()
        used: set[str | int] = set()
        for at, column in enumerate(self.columns):
            if column.name in names:
                yield ("columns", at, "name"), f"{column.name} is repeated; give each column its own name"
            names.add(column.name)
            for delivered in column.delivered_names:
                if delivered in used:
                    yield ("columns", at, "from"), f"{delivered} is taken by two columns; each delivered column feeds one"
            if not column.is_of_file:
                yield from self._name_problems(column, ("columns", at, "from"))
            used.update(column.delivered_names)
            for name in column.vocabulary_names():
                if name not in vocabulary.race:
                    known = ", ".join(vocabulary.race)
                    message = f"{name!r} is no vocabulary; choose one of {known}, or add it to vocabulary.yml"
                    yield ("columns", at, "vocabulary"), message
                elif column.delimiter and vocabulary.race[name].selection != "multiple":
                    message = (
                        f"{name} lets a person select one label; leave the delimiter out, or choose one that lets select several"
                    )
                    yield ("columns", at, "delimiter"), message
            mapped = mapped_labels(column.vocabulary_names(), vocabulary.crosswalk) if column.offered or column.label else {}
            if column.label and folded(column.label) not in mapped:
                of = ", ".join(column.vocabulary_names())
                message = f"{column.label!r} is no label of {of}; write it as there, or add it to race_ethnicity_crosswalk"
                yield ("columns", at, "label"), message
            if column.label and not all(
                vocabulary.race[name].selection == "multiple" for name in column.vocabulary_names() if name in vocabulary.race
            ):
                message = "a person can tick several boxes; choose a vocabulary that lets select several"
                yield ("columns", at, "vocabulary"), message
            for place, label in enumerate(column.offered or ()):
                if folded(label) not in mapped:
                    of = ", ".join(column.vocabulary_names())
                    message = f"{label!r} is no label of {of}; write it as the form does, or add it to race_ethnicity_crosswalk"
                    yield ("columns", at, "offered", place), message

    def _name_problems(self, column: Column, where: Location) -> Iterator[tuple[Location, str]]:
        kinds = {type(name) for name in column.delivered_names}
        if self.format.header.may_be_absent and int not in kinds:
            both = "" if self.format.header.rows == "none" else ", next to the name: from: [NAME, 3]"
            yield where, f"a file without header gives no names; write from: as a position (1, 2, …) in every column{both}"
        headers = (self.format.header, *(layout.header for layout in self.format.layouts if layout.header))
        if len(kinds) > 1 and not any(header.may_be_absent for header in headers):
            message = "a name and a position go together where a file may have no header; write header: {rows: optional}, or one"
            yield where, message

    def _references(self) -> Iterator[tuple[Location, str]]:
        load, follow_up = self.load, self.follow_up
        for key, added in (("key", ()), ("order_by", LOAD_COLUMNS), ("partition_by", (SNAPSHOT_ON,))):
            names = enumerate(getattr(load, key) or ())
            yield from ((("load", key, at), name) for at, name in names if name not in added)
        named: dict[Location, str | None] = {
            ("load", "period_column"): load.period_column,
            ("load", "release", "column"): load.release.column if load.release else None,
            ("snapshot", "column"): self.snapshot.column if self.snapshot else None,
            ("as_of", "column"): self.as_of.column if isinstance(self.as_of, AsOfRule) else None,
            ("follow_up", "start"): follow_up.start if follow_up else None,
            ("follow_up", "end"): follow_up.end if follow_up else None,
            ("connector", "cursor"): getattr(self.connector, "cursor", None),
        }
        yield from ((where, name) for where, name in named.items() if name)
        for at, column in enumerate(self.columns):
            if isinstance(column.vocabulary, dict):
                yield ("columns", at, "vocabulary", "by"), column.vocabulary.get("by", "(none)")
            if column.varies_within:
                yield from ((("columns", at, "varies_within", "by"), name) for name in column.varies_within.by)

    @property
    def first_name(self) -> str:
        """The name under which its records got their keys: the first that the source had."""
        return (self.source, *self.formerly)[-1]

    @property
    def readers(self) -> str:
        """Its audience; without one, those of figures for the aggregates of a publisher, and else the data team alone."""
        return self.audience or (FIGURES if self.statistical_unit == AGGREGATE else TEAM)

    def column(self, name: str) -> Column:
        """The column of that name; KeyError if there is none."""
        return {column.name: column for column in self.columns}[name]

    def delivered_as(self, name: str) -> Column | None:
        """The column that is delivered under a name or position, else the column of that name; None if there is none."""
        columns = (*(c for c in self.columns if name in map(str, self.names_of(c))), *(c for c in self.columns if c.name == name))
        return next(iter(columns), None)

    @property
    def has_format(self) -> bool:
        """Whether the contract states how files are written; one of a database or portal that gives rows may leave it out."""
        return "format" in self.model_fields_set

    def names_of(self, column: Column) -> tuple[str | int, ...]:
        """Every name or position under which files have the column, those of layouts last."""
        of_layouts = (layout.columns.get(column.name) or () for layout in self.format.layouts if layout.columns)
        return tuple(dict.fromkeys((*column.delivered_names, *(name for names in of_layouts for name in names))))

    @property
    def kept_columns(self) -> tuple[Column, ...]:
        """The columns that are written to disk."""
        return tuple(column for column in self.columns if column.is_kept)

    @property
    def deciding_columns(self) -> tuple[str, ...]:
        """The columns that a row needs to be a record: key, partition, date of the snapshot and period."""
        period = (self.load.period_column,) if self.load.period_column else ()
        dated = (self.snapshot.column,) if self.snapshot and self.snapshot.column else ()
        return tuple(dict.fromkeys((*(self.load.key or ()), *self.partition_columns, *dated, *period)))

    @property
    def partition_columns(self) -> tuple[str, ...]:
        """The delivered columns of a partition; landing adds the date of a snapshot."""
        return tuple(name for name in self.load.partition_by or () if name != SNAPSHOT_ON)

    @property
    def record_key(self) -> tuple[str, ...]:
        """The columns that identify a record within its partition; empty if the contract has no key."""
        return tuple(dict.fromkeys((*self.load.key, *self.partition_columns))) if self.load.key else ()

    @property
    def clock_columns(self) -> tuple[Column, ...]:
        """The columns that date a row: when something happened or was closed, the day of a reporting period."""
        roles = ("event_time", "closed_time", "period")
        return tuple(column for column in self.kept_columns if column.role in roles and column.type in TIMES)

    @property
    def event_column(self) -> Column | None:
        """The column that dates the event of a row, from which `agreement.keep_for` counts; None if no column does.

        It is the column with role event_time, else the one of the load's period, else of role period, else of the snapshot.
        """
        by_role = {column.role: column for column in reversed(self.clock_columns)}
        dates = {column.name: column for column in self.kept_columns if column.type in TIMES}
        of_period, of_snapshot = self.load.period_column or "", (self.snapshot.column if self.snapshot else None) or ""
        candidates = (by_role.get("event_time"), dates.get(of_period), by_role.get("period"), dates.get(of_snapshot))
        return next((column for column in candidates if column is not None), None)

    @property
    def rhythm(self) -> str:
        """The rhythm in which records are due: `due`, else that of the deliveries; of a table delivered once, its release."""
        return self.due or ("release" if self.cadence == "once" else self.cadence)

    @property
    def declared_as_of(self) -> dt.datetime | None:
        """The end of the data as the contract states it, for files without any date; None if a rule or the rows date them."""
        if isinstance(self.as_of, AsOfRule):
            return None
        declared = self.as_of or (self.period.end if self.period else None)
        return declared if declared is None or isinstance(declared, dt.datetime) else dt.datetime.combine(declared, dt.time())

    @property
    def hash_key_needed(self) -> bool:
        """Whether a run of this source needs LEVELGROUND_HASH_KEY."""
        return any(column.is_hashed for column in self.columns)

    def offered_labels(self) -> tuple[tuple[str, str], ...]:
        """Vocabulary and label of each answer about race that a person can give: `offered`, boxes, values of questions."""
        found: dict[tuple[str, str], None] = {}
        for column in self.columns:
            mapped = mapped_labels(column.vocabulary_names(), self._vocabulary.crosswalk)
            own_labels = (label for label in mapped if column.question and label.startswith(f"{column.question.lower()}="))
            offered = (*(column.offered or ()), *((column.label,) if column.label else ()), *own_labels)
            found.update({(mapped[folded(label)], folded(label)): None for label in offered})
        return tuple(found)

    def race_vocabularies(self) -> tuple[RaceVocabulary, ...]:
        """The race vocabularies of the contract's columns, in their order."""
        names = dict.fromkeys(name for column in self.columns for name in column.vocabulary_names())
        return tuple(self._vocabulary.race[name] for name in names)
