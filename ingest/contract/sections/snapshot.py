"""The contract key `snapshot`: how to date a stock that is delivered repeatedly.

See `ingest.delivery.snapshot_date` for finding the date of a delivery.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterator
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, model_validator

from ingest.contract.sections.general import Footer, Load
from ingest.contract.words import Identifier, Strict
from ingest.contract.yaml_source import Location

SNAPSHOT_ON = "_snapshot_on"
Origin = Literal["column", "file_name", "footer", "fetched"]


def _as_list(value: Any) -> Any:
    return (value,) if isinstance(value, str) else value


class Snapshot(Strict):
    """Where the date of a snapshot comes from: the first origin in `from` that yields one, else the contract's `as_of`.

    `column` is a date on each row. `pattern` finds the date, its first group, in a file's name or footer, in one of `formats`.
    `per`: of a source that is fetched live, the newest snapshot of each such period is kept.
    """

    from_: Annotated[tuple[Origin, ...], BeforeValidator(_as_list), Field(alias="from", min_length=1)]
    column: Identifier | None = None
    pattern: str = r"(\d{4}-\d{2}-\d{2})"
    formats: Annotated[tuple[str, ...], Field(min_length=1)] = ("%Y-%m-%d",)
    per: Literal["day", "month", "quarter"] = "month"

    @model_validator(mode="after")
    def _fitting(self) -> Snapshot:
        if ("column" in self.from_) != (self.column is not None):
            raise ValueError("column requires from: column; name the column that holds the date, or leave both out")
        if "column" in self.from_ and len(self.from_) > 1:
            raise ValueError("from: column dates every row; leave the other words out")
        if len(set(self.from_)) < len(self.from_):
            raise ValueError("from names each origin once")
        searched = [word for word in ("file_name", "footer") if word in self.from_]
        for key in ("pattern", "formats"):
            if key in self.model_fields_set and not searched:
                raise ValueError(f"{key} goes with from: file_name or footer")
        if "per" in self.model_fields_set and "fetched" not in self.from_:
            raise ValueError("per goes with from: fetched")
        try:
            groups = re.compile(self.pattern).groups
        except re.error as error:
            raise ValueError(
                f"pattern is no regular expression ({error}); write it like '(\\d{{4}}-\\d{{2}}-\\d{{2}})'"
            ) from None
        if groups < 1:
            raise ValueError("pattern has no group; put the date in parentheses, like 'staff_(\\d{4}-\\d{2}-\\d{2})'")
        return self

    def found_in(self, text: str) -> dt.date | None:
        """The date in a text; None if the pattern does not match. Raises ValueError if the match is no date."""
        found = re.search(self.pattern, text)
        if found is None or not found[1]:
            return None
        for form in self.formats:
            try:
                return dt.datetime.strptime(found[1], form).date()  # noqa: DTZ007 - a day has no zone
            except ValueError:
                continue
        raise ValueError(found[1])


def snapshot_problems(load: Load, snapshot: Snapshot | None, footer: Footer | None) -> Iterator[tuple[Location, str]]:
    """What contradicts each other in how a stock is dated and kept."""
    is_kept_by_date = SNAPSHOT_ON in (load.partition_by or ())
    if snapshot is None:
        if is_kept_by_date:
            message = f"{SNAPSHOT_ON} is the date of a snapshot; say where it comes from, like snapshot: {{from: file_name}}"
            yield ("load", "partition_by"), message
        return
    if not is_kept_by_date:
        message = (
            "a stock keeps its snapshots by their date: write load.mode: replace_partition and "
            f"load.partition_by: [{SNAPSHOT_ON}]; or leave snapshot out, and each delivery replaces the one before"
        )
        yield ("snapshot",), message
    if "footer" in snapshot.from_ and footer is None:
        yield ("snapshot", "from"), "a date in the footer needs footer: {rows: N}, the rows at the end that are no records"
