"""Run checks with Great Expectations and return findings.

Each gate gets one ephemeral context. This module reads results so that no failure passes unnoticed and no cell is passed on.
`Session` imports great_expectations, not the import of this module.
"""

from __future__ import annotations

import logging
import re
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from expectations.engine.checks import Check
from expectations.results import ExpectationResult
from warehouse import dialect

# A native expectation's result shows only the share of bad rows, and an observed value that is not a column's:
# the largest amount of a column belongs to a person.
_NO_CELLS = {"result_format": "BASIC", "partial_unexpected_count": 0, "include_unexpected_rows": False}
# SQLAlchemy reads :name as a parameter, and Great Expectations has it read a query more than once, so an escaped \:name is
# one the second time. In our queries it occurs only in a string literal (a null token, a label), which is split.
_PARAMETER, _NO_PARAMETER = re.compile(r"(?<![:\w]):(?=\w)"), "'||chr(58)||'"


# Errors of exhausted memory or a damaged file, and the texts of such an IOException: a query may raise one too.
MACHINE = ("OutOfMemoryException", "FatalException", "InternalException", "SerializationException", "MemoryError")
_MACHINE_WORDS = re.compile(r"No space left on device|Read-only file system|Corrupt database file|Could not read enough bytes")


class NotEvaluated(Exception):
    """A gate could not be evaluated because memory or disk ran out: it has no result."""


class Session:
    """One context of Great Expectations on one database; it writes nothing and holds no connection."""

    def __init__(self, database: Path) -> None:
        url = dialect.engine(database).url
        with _quiet():
            # not at the top: the import takes seconds, and a run without changes has no gate
            import great_expectations as gx  # noqa: PLC0415
            from great_expectations.data_context.types.base import ProgressBarsConfig  # noqa: PLC0415

            # registers the expectations of this house
            from expectations.engine.custom_expectations import replace_column_types  # noqa: PLC0415

            replace_column_types()

            self._gx = gx
            self._context: Any = gx.get_context(mode="ephemeral")
            variables: Any = self._context.variables
            variables.progress_bars = ProgressBarsConfig(globally=False)
            variables.analytics_enabled = False
            # each query that is added would write the context, with all queries so far, to a store that nothing reads
            variables.save = lambda: None
            self._source: Any = self._context.data_sources.add_sql(
                name="warehouse", connection_string=url.render_as_string(hide_password=False), create_temp_table=False
            )

    def run(self, subject: str, query: str, checks: Sequence[Check]) -> tuple[ExpectationResult, ...]:
        """The findings of the checks on the result of `query` (a SELECT), in their order.

        A check that cannot be evaluated, for any reason, is a critical failure whose message quotes nothing:
        an error of the database may contain a cell.
        """
        with _quiet():
            readable = {number: self._read(check, number) for number, check in enumerate(checks)}
            try:
                results = self._validate(subject, query, [expectation for expectation in readable.values() if expectation])
            except Exception as error:  # noqa: BLE001  whatever it is, the gate must answer
                _stop_for_the_machine(subject, type(error).__name__, str(error))
                return tuple(_broken(check, type(error).__name__) for check in checks)
        for result in results.values():
            _stop_for_the_machine(subject, _raised(result.exception_info), str(result.exception_info))
        return tuple(_finding(check, results.get(number)) for number, check in enumerate(checks))

    def _read(self, check: Check, number: int) -> Any | None:
        """The expectation, or None if it is invalid: one invalid expectation would stop its whole suite."""
        try:
            (expectation,) = self._gx.ExpectationSuite("one", [check.definition() | {"meta": {"check": number}}]).expectations
        except Exception:  # noqa: BLE001  it fails, with its message
            return None
        return expectation

    def _validate(self, subject: str, query: str, expectations: Sequence[Any]) -> dict[int, Any]:
        # the context stores neither suite nor result: storing takes as long as the validation
        suite = self._gx.ExpectationSuite(name=subject, expectations=expectations)
        asset = self._source.add_query_asset(subject, query=_PARAMETER.sub(_NO_PARAMETER, query))
        batch = asset.add_batch_definition_whole_table("all").get_batch()
        verdict = batch.validate(suite, result_format=_NO_CELLS)
        return {result.expectation_config.meta["check"]: result for result in verdict.results}


def _stop_for_the_machine(subject: str, raised: str | None, text: str) -> None:
    """Raise if memory or disk ran out: that is no fault of the data, and must not hold a source back."""
    words = _MACHINE_WORDS.search(text) if raised == "IOException" else None
    if raised in MACHINE or words:
        raise NotEvaluated(f"{subject} could not be evaluated ({raised}{f': {words[0]}' if words else ''})")


def _finding(check: Check, result: Any) -> ExpectationResult:
    if result is None:
        return _broken(check, "not a valid expectation")
    raised = _raised(result.exception_info)
    if raised is not None:
        return _broken(check, raised)
    observed, detail = _observed(check, result.result)
    success = bool(result.success)
    message = "" if success else f"{check.message}{f' ({detail})' if detail else ''}"
    threshold = None if check.threshold is None else float(check.threshold)
    found, of = (result.result.get("found"), result.result.get("of")) if "of" in result.result else (None, None)
    return ExpectationResult(check.name, check.column, check.severity, success, observed, threshold, message, found, of)


def _broken(check: Check, why: str) -> ExpectationResult:
    subject = f"{check.name}{f' on {check.column}' if check.column else ''}"
    message = f"{subject} could not be evaluated ({why}); unchecked data are not accepted"
    return ExpectationResult(check.name, check.column, "critical", False, None, check.threshold, message)


def _raised(information: dict[str, Any] | None) -> str | None:
    """The kind of error, if there was one; not its text, which may quote a cell."""
    for entry in [information or {}, *(value for value in (information or {}).values() if isinstance(value, dict))]:
        if entry.get("raised_exception"):
            found = re.findall(r"^[\w.]*?(\w+(?:Error|Exception))\b", entry.get("exception_traceback") or "", re.MULTILINE)
            return found[0] if found else "error"
    return None


def _observed(check: Check, result: dict[str, Any]) -> tuple[float | None, str]:
    if "found" in result:
        found = f"{result['found']:,} of {result['of']:,} rows" if "of" in result else f"{result['found']:,} found"
        value = result["observed_value"]
        return None if value is None else float(value), found
    of_a_column = any(key.startswith("column") for key in check.kwargs)
    value = result.get("unexpected_percent", None if of_a_column else result.get("observed_value"))
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return None, ""
    return float(value), f"{value:,.10g}"


@contextmanager
def _quiet() -> Iterator[None]:
    """Silence the logs: the libraries log the text of database errors, which may quote a cell."""
    mute = logging.NullHandler()
    loggers = [logging.getLogger(name) for name in ("great_expectations", "sqlalchemy")]
    propagated = [logger.propagate for logger in loggers]
    for logger in loggers:
        logger.propagate = False
        logger.addHandler(mute)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        for logger, before in zip(loggers, propagated, strict=True):
            logger.propagate = before
            logger.removeHandler(mute)
