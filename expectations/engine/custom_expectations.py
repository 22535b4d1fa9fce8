"""Define our expectation classes for Great Expectations, and the metrics that they use.

Importing this module imports great_expectations (seconds) and registers the classes: only the modules of this package that need
them do so, inside a gate or for Data Docs.

The built-in expectations lack two things: SQL conditions (this dialect has no regex, and no built-in uses the contract's
typing), as aggregates that Great Expectations combines into one SELECT per table; and results that contain counts only, never a
cell.

Only this module overrides private methods of Great Expectations, tested with great-expectations 1.24.1. If a new version breaks
them, tests/contract/test_private_apis.py lists what to do.
"""

from __future__ import annotations

from functools import cache
from typing import Any, ClassVar

import sqlalchemy as sa
from great_expectations.core.metric_domain_types import MetricDomainTypes
from great_expectations.core.metric_function_types import MetricPartialFunctionTypes
from great_expectations.execution_engine.execution_engine import ExecutionEngine
from great_expectations.execution_engine.sqlalchemy_execution_engine import SqlAlchemyExecutionEngine
from great_expectations.expectations.expectation import BatchExpectation
from great_expectations.expectations.metrics.metric_provider import metric_partial, metric_value
from great_expectations.expectations.metrics.table_metric_provider import TableMetricProvider
from great_expectations.validator.metric_configuration import MetricConfiguration
from great_expectations.validator.validator import ValidationDependencies

MEASURE = "levelground.measure"
RECORDED_RESULT = "expect_recorded_result"  # the type name that Great Expectations derives from the class
_Metrics = dict[str, Any]
_Runtime = dict[str, Any] | None


class SqlAggregate(TableMetricProvider):
    """A SQL aggregate over the batch; those of a suite run in one SELECT."""

    metric_name = MEASURE
    value_keys = ("expression",)

    @metric_partial(
        engine=SqlAlchemyExecutionEngine,
        partial_fn_type=MetricPartialFunctionTypes.AGGREGATE_FN,
        domain_type=MetricDomainTypes.TABLE,
    )
    def _sqlalchemy(cls, metric_domain_kwargs: Any, metric_value_kwargs: Any, **_: Any) -> Any:  # noqa: N805
        return sa.literal_column(metric_value_kwargs["expression"]), metric_domain_kwargs, {}


@cache
def replace_column_types() -> None:
    """Let gates read only the names of a batch's columns. Great Expectations logs that a metric is replaced.

    Its own metric runs the whole query for them (1.24.1, `column_reflection_fallback`), and the dialect's buffering loads every
    row into Python: 2 s for 300,000 rows of a fact, and their memory. Data Docs compute no metric.
    """

    class ColumnTypes(TableMetricProvider):
        metric_name = "table.column_types"
        value_keys = ("include_nested",)

        @metric_value(engine=SqlAlchemyExecutionEngine)
        def _sqlalchemy(cls, execution_engine: Any, metric_domain_kwargs: Any, **_: Any) -> list[dict[str, str]]:  # noqa: N805
            batch = execution_engine.get_domain_records(domain_kwargs=metric_domain_kwargs)
            names = execution_engine.execute_query(sa.select(sa.text("*")).select_from(batch).limit(0)).keys()
            return [{"name": name} for name in names]


class _OverMeasures(BatchExpectation):
    """An expectation over named metrics, which each subclass names."""

    def _needed(self) -> dict[str, MetricConfiguration]:
        raise NotImplementedError

    def get_validation_dependencies(
        self, execution_engine: ExecutionEngine[Any] | None = None, runtime_configuration: _Runtime = None
    ) -> ValidationDependencies:
        dependencies = super().get_validation_dependencies(execution_engine, runtime_configuration)
        for name, metric in self._needed().items():
            dependencies.set_metric_configuration(name, metric)
        return dependencies

    def _metric(self, name: str, **value: str) -> MetricConfiguration:
        return MetricConfiguration(name, metric_domain_kwargs=self._get_domain_kwargs(), metric_value_kwargs=value)

    # Great Expectations reads each of these about ten times per expectation, and rebuilds its whole configuration each time
    # (1.24.1): a third of the cost of a gate without its queries.
    def _get_domain_kwargs(self) -> dict[str, str | None]:
        return {"batch_id": self.batch_id}

    def _get_success_kwargs(self) -> dict[str, Any]:
        return {key: getattr(self, key) for key in (*self.domain_keys, *self.success_keys)}

    def _get_success_kwarg(self, key: str, default: Any = None) -> Any:
        return getattr(self, key, default)


class ExpectShareOfRows(_OverMeasures):
    """Of the rows where `among` holds, at most `at_most_pct` percent or `tolerated` rows are `rows` (SQL conditions)."""

    rows: str
    among: str
    at_most_pct: float
    tolerated: int
    success_keys: ClassVar[tuple[str, ...]] = ("rows", "among", "at_most_pct", "tolerated")

    def _needed(self) -> dict[str, MetricConfiguration]:
        both = f"({self.among}) and ({self.rows})"
        return {
            "found": self._metric(MEASURE, expression=f"count(*) filter (where {both})"),
            "of": self._metric(MEASURE, expression=f"count(*) filter (where {self.among})"),
        }

    def _validate(self, metrics: _Metrics, *_: Any, **__: Any) -> dict[str, Any]:
        found, of = int(metrics["found"]), int(metrics["of"])
        success = found <= self.tolerated or 100 * found <= self.at_most_pct * of
        return {"success": success, "result": {"observed_value": 100 * found / of if of else None, "found": found, "of": of}}


class ExpectMeasureBetween(_OverMeasures):
    """A SQL aggregate is between two numbers; NULL passes."""

    expression: str
    at_least: float | None
    at_most: float | None
    success_keys: ClassVar[tuple[str, ...]] = ("expression", "at_least", "at_most")

    def _needed(self) -> dict[str, MetricConfiguration]:
        return {"measure": self._metric(MEASURE, expression=self.expression)}

    def _validate(self, metrics: _Metrics, *_: Any, **__: Any) -> dict[str, Any]:
        value = metrics["measure"]
        low, high = self.at_least, self.at_most
        success = value is None or ((low is None or value >= low) and (high is None or value <= high))
        return {"success": success, "result": {"observed_value": None if value is None else float(value)}}


class ExpectNoRows(_OverMeasures):
    """A query finds nothing."""

    query: str
    success_keys: ClassVar[tuple[str, ...]] = ("query",)

    def _needed(self) -> dict[str, MetricConfiguration]:
        return {"rows": self._metric(MEASURE, expression=f"0 * count(*) + (select count(*) from ({self.query}) as found)")}

    def _validate(self, metrics: _Metrics, *_: Any, **__: Any) -> dict[str, Any]:
        rows = int(metrics["rows"])
        return {"success": rows == 0, "result": {"observed_value": rows, "found": rows}}


class ExpectHeaderToMatch(BatchExpectation):
    """The delivered header fits the contract: the reader of the delivery counted `mismatches`."""

    mismatches: int
    success_keys: ClassVar[tuple[str, ...]] = ("mismatches",)

    def _validate(self, *_: Any, **__: Any) -> dict[str, Any]:
        return {"success": self.mismatches == 0, "result": {"observed_value": self.mismatches}}


class ExpectRecordedResult(BatchExpectation):
    """A recorded result in the form of Data Docs: its description contains everything, and it is never evaluated."""

    column: str | None = None

    def _validate(self, *_: Any, **__: Any) -> dict[str, Any]:
        raise NotImplementedError("Data Docs show recorded results; no gate evaluates them again")
