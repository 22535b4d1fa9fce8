"""Read the hand-written suites `suites/*.yml` strictly, and turn them into checks on a table.

A suite guards rules that data can break: rules of the tables on which others rely, checked on the rows of this run. See
`expectations.delivery.delivery_gate` for suites of deliveries; dbt tests check our own logic.

In SQL of a rule, {batch} is the suite's table; {marts} is the schema of the marts and {published} that of the public tables, each
for the suites of its own tables. {reference} is the schema of the seeds, {rule:name} the value of a row of
reference.measure_rules, {district} the type of place that elects the council (`aldermanic_district` in Milwaukee).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Literal, TypeVar

from pydantic import BaseModel, Field, ValidationError, model_validator

from expectations.engine.checks import Check, measure, no_rows, share
from ingest.contract.yaml_source import YamlError, read_yaml
from warehouse.sql import identifier, literal, quoted

SUITES = Path(__file__).parents[1] / "suites"
Name = Annotated[str, Field(pattern=r"^_?[a-z][a-z0-9_]{0,62}$")]


class SuiteError(ValueError):
    """An invalid suite; the message names file, line, field and fix."""


class Rule(BaseModel, extra="forbid", frozen=True):
    """One expectation: forbidden rows (`bad_rows`), a query that finds nothing (`no_rows`), or a native one (`expect`).

    `reason` explains a failure, and for a warning why it does not block the release. `remedy`: what to do about it; by default,
    the remedy of its suite or part. `names`: columns of the rows that `no_rows` finds, whose values the message lists; keys of
    seeds only, never a cell of a delivery.
    """

    name: Name
    severity: Literal["critical", "warning"]
    reason: str
    remedy: str = ""
    column: Name | None = None
    bad_rows: str | None = None
    among: str = "true"
    at_most_pct: Annotated[float, Field(ge=0, le=100)] = 0
    no_rows: str | None = None
    names: tuple[Name, ...] = ()
    expect: str | None = None
    kwargs: dict[str, Any] = {}

    @model_validator(mode="after")
    def _one_shape(self) -> Rule:
        if sum(shape is not None for shape in (self.bad_rows, self.no_rows, self.expect)) != 1:
            raise ValueError("a rule has one of bad_rows, no_rows and expect")
        if self.bad_rows is None and (self.among != "true" or self.at_most_pct):
            raise ValueError("among and at_most_pct go with bad_rows")
        if self.no_rows is None and self.names:
            raise ValueError("names goes with no_rows")
        if self.expect is None and self.kwargs:
            raise ValueError("kwargs goes with expect")
        return self


class SuitePart(BaseModel, extra="forbid", frozen=True):
    """Columns, words and rules that several suites share."""

    columns: tuple[Name, ...] = ()
    not_null: tuple[Name, ...] = ()
    words: dict[Name, tuple[str, ...]] = {}
    remedy: str = ""
    rules: tuple[Rule, ...] = ()


class Suite(SuitePart, frozen=True):
    """The requirements of one table: columns, grain, cells that are never empty, words, rules.

    A table may be empty (a city without a source has its facts without rows) unless `rows` requires rows.
    """

    table: Name
    include: tuple[Name, ...] = ()
    grain: Annotated[tuple[Name, ...], Field(min_length=1)]
    rows: Literal["any", "some"] = "any"

    @property
    def reads(self) -> frozenset[str]:
        """The other tables in its rules."""
        return frozenset(name for text in self._queries() for name in _READ_TABLE.findall(text)) - {self.table}

    def columns_read(self, table: str, columns: Iterable[str]) -> tuple[str, ...]:
        """Those of the columns of another table on which a rule can depend: the words of the queries that read the table."""
        queries = [text for text in self._queries() if table in _READ_TABLE.findall(text)]
        words = {word for text in queries for word in _WORD.findall(text)}
        return tuple(column for column in columns if column in words)

    def _queries(self) -> list[str]:
        return [text for rule in self.rules for text in (rule.bad_rows, rule.among, rule.no_rows) if text]


_PLACEHOLDER, _RULE = re.compile(r"\{([a-z]+)\}"), re.compile(r"\{rule:([a-z0-9_]+)\}")
_WORD = re.compile(r"\w+")
_READ_TABLE = re.compile(r"\{(?:marts|published)\}\.(\w+)")
_Read = TypeVar("_Read", bound=SuitePart)


@dataclass(frozen=True)
class Place:
    """The location of the tables of a suite: `database` is the name under which the file is attached.

    `district`: the type of place that elects the council. `analyst_file`: the name of the file with the seeds.
    """

    database: str
    schema: str
    district: str = "aldermanic_district"
    analyst_file: str = "release"

    def table(self, name: str) -> str:
        """A table of the place, for SQL."""
        return f"{self}.{identifier(name)}"

    def __str__(self) -> str:
        return f"{quoted(self.database)}.{identifier(self.schema)}"


def read_suites(folder: Path = SUITES, layered: Iterable[Path] = ()) -> tuple[Suite, ...]:
    """All suites of a folder, by table name, with what they include from its `parts/`; `SuiteError` for anything wrong.

    `layered`: folders of the suites of layers. A suite of a layer replaces the one of its table.
    """
    files = {file.name: file for one in (folder, *layered) for file in one.glob("*.yml")}
    return tuple(read_suite(files[name]) for name in sorted(files))


def read_suite(file: Path) -> Suite:
    """One suite with what it includes; `SuiteError` for anything wrong."""
    suite = _read(file, Suite)
    if suite.table != file.stem:
        raise SuiteError(f"{file}: the file is called {file.stem}, the table {suite.table}; one name, spelled the same in both")
    parts = [_read(_part(file.parent, name), SuitePart) for name in suite.include]
    return _joined(suite, parts, file)


def _part(folder: Path, name: str) -> Path:
    """A part of the folder, else the shared one: the suites of a city's layer include shared parts."""
    own = folder / "parts" / f"{name}.yml"
    return own if own.is_file() else SUITES / "parts" / f"{name}.yml"


def suite_checks(suite: Suite, place: Place, new_loads: Sequence[str] | None = None) -> Iterator[Check]:
    """The suite as checks on the table in its place.

    `new_loads`: the table has passed this suite before, and has since lost rows and gained those of these loads. Its grain is
    checked among the new rows and between them and the others; all other rules check every row.
    """
    table = f"{place.schema}.{suite.table}"
    if suite.rows == "some":
        kwargs = {"min_value": 1}
        yield Check("rows", "expect_table_row_count_to_be_between", kwargs, "critical", f"{table} is empty", None, 1)
    for column in dict.fromkeys((*suite.grain, *suite.columns, *suite.not_null, *suite.words)):
        yield Check(
            "column_exists", "expect_column_to_exist", {"column": column}, "critical", f"{table} has no column {column}", column
        )
    names = ", ".join(quoted(column) for column in suite.grain)
    message = f"{table} has several rows for one {', '.join(suite.grain)}"
    surplus = f"count(*) - count(distinct hash({names}))"
    if new_loads is not None:
        table_name, loads = place.table(suite.table), ", ".join(map(literal, new_loads)) or "''"
        touched = f"select hash({names}) from {table_name} where _load_id in ({loads})"
        surplus = f"0 * count(*) + (select {surplus} from {table_name} where hash({names}) in ({touched}))"
    yield measure("grain", "critical", message, expression=surplus, at_most=0)
    for column in dict.fromkeys((*suite.grain, *suite.not_null)):
        message = f"{table}.{column} is never empty"
        yield share("not_null", "critical", message, rows=f"{quoted(column)} is null", column=column)
    for column, words in suite.words.items():
        message = f"{table}.{column} contains a word that is none of {', '.join(words)}"
        allowed = ", ".join(literal(word) for word in words)
        yield share(
            "words",
            "critical",
            message,
            rows=f"{quoted(column)} not in ({allowed})",
            among=f"{quoted(column)} is not null",
            column=column,
        )
    for rule in suite.rules:
        yield _rule(rule, suite, place)


def placed_sql(sql: str, suite: Suite, place: Place) -> str:
    """SQL of a rule with the tables and thresholds that it names; dbt models read the thresholds by the macro `rule`."""
    seeds = f"{quoted(place.analyst_file)}.reference"
    names = {"batch": place.table(suite.table), place.schema: str(place), "district": place.district, "reference": seeds}
    with_rules = _RULE.sub(lambda rule: f"(select value from {seeds}.measure_rules where rule = {literal(rule[1])})", sql.strip())
    return _PLACEHOLDER.sub(lambda found: names.get(found[1], found[0]), with_rules)


def _rule(rule: Rule, suite: Suite, place: Place) -> Check:
    message = f"{place.schema}.{suite.table}: {rule.reason}"
    if rule.bad_rows is not None:
        rows, among = placed_sql(rule.bad_rows, suite, place), placed_sql(rule.among, suite, place)
        return share(rule.name, rule.severity, message, rows=rows, among=among, at_most_pct=rule.at_most_pct, column=rule.column)
    if rule.no_rows is not None:
        query = placed_sql(rule.no_rows, suite, place)
        return no_rows(rule.name, rule.severity, message, query=query, column=rule.column)
    return Check(rule.name, str(rule.expect), rule.kwargs, rule.severity, message, rule.column)


def _joined(suite: Suite, parts: Sequence[SuitePart], file: Path) -> Suite:
    rules = tuple(
        rule if rule.remedy else rule.model_copy(update={"remedy": part.remedy})
        for part in (*parts, suite)
        for rule in part.rules
    )
    names = [rule.name for rule in rules]
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise SuiteError(f"{file}: rules: {', '.join(twice)} occurs twice (included parts count); give each rule its own name")
    return suite.model_copy(
        update={
            "columns": tuple(dict.fromkeys(name for part in (*parts, suite) for name in part.columns)),
            "not_null": tuple(dict.fromkeys(name for part in (*parts, suite) for name in part.not_null)),
            "words": {column: words for part in (*parts, suite) for column, words in part.words.items()},
            "rules": rules,
        }
    )


def _read(file: Path, kind: type[_Read]) -> _Read:
    try:
        source = read_yaml(file)
        return kind.model_validate(source.data)
    except FileNotFoundError:
        raise SuiteError(f"{file}: no such part; include names a file of parts/") from None
    except YamlError as error:
        raise SuiteError(f"{file}:{error.line}: {error}") from None
    except ValidationError as error:
        first = error.errors(include_url=False, include_context=False, include_input=False)[0]
        field = ".".join(map(str, first["loc"])) or "(suite)"
        message = str(first["msg"]).removeprefix("Value error, ")
        raise SuiteError(f"{file}:{source.line_of(first['loc'])}: {field}: {message}") from None
