"""A column of a contract: how it is delivered, what it is, and who may see it.

Here: the keys of a column and the rules inside it. Not here: what it becomes in SQL (`ingest.typed`).
"""

from __future__ import annotations

import datetime as dt
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, model_validator

from ingest.contract.words import NUMERIC, TIMES, Identifier, MissingReason, Strict, TimeZone, word

# What the typed views add to a contract's columns; a delivered column of that name would vanish behind it.
RESERVED = ("_load_id", "_source_file", "_source_row", "_record_hash")


def _as_names(value: Any) -> Any:
    return (value,) if isinstance(value, (str, int)) and not isinstance(value, bool) else value


class Column(Strict):
    """One column: how it is delivered (`from`), what it is (`type`, `role`), and who may see it (`privacy`, `keep`)."""

    name: Identifier
    from_: Annotated[
        tuple[str, ...] | tuple[Annotated[int, Field(ge=1)], ...], BeforeValidator(_as_names), Field(alias="from")
    ] = ()
    type: Literal["text", "integer", "decimal", "boolean", "date", "timestamp", "geometry"] = "text"
    formats: tuple[str, ...] = ()
    timezone: TimeZone | None = None
    thousands: Annotated[str, Field(min_length=1, max_length=1)] | None = None
    decimal: Annotated[str, Field(min_length=1, max_length=1)] = "."
    currency: str | None = None
    unit: str | None = None
    required: bool = False
    role: Annotated[str, word("roles")] | None = None
    vocabulary: str | dict[str, str] | None = None
    values: tuple[str, ...] = ()
    min: float | dt.date | None = None
    max: float | dt.date | None = None
    null_tokens: dict[str, MissingReason] = Field(default_factory=dict)
    privacy: Annotated[str, word("privacy")] = "public"
    keep: Literal["drop", "hash"] | None = None

    @model_validator(mode="after")
    def _consistent(self) -> Column:
        if self.name in RESERVED or self.name.endswith("_missing_reason"):
            raise ValueError(f"{self.name} is a name that the warehouse adds itself; call the column otherwise")
        if self.formats and self.type not in TIMES:
            raise ValueError(f"formats goes with type date or timestamp, not {self.type}")
        if self.timezone and self.type != "timestamp":
            raise ValueError(f"timezone goes with type timestamp, not {self.type}")
        if (self.thousands or self.decimal != "." or self.currency) and self.type not in NUMERIC:
            raise ValueError(f"thousands, decimal and currency go with type integer or decimal, not {self.type}")
        if self.thousands == self.decimal:
            raise ValueError("thousands and decimal are the same character")
        if self.keep and self.privacy != "direct_identifier":
            raise ValueError("keep goes with privacy: direct_identifier; leave columns out by not naming them, or under ignore")
        if self.role in ("race", "race_flag", "ethnicity") and not self.vocabulary:
            raise ValueError(f"a column with role {self.role} names its vocabulary")
        if not self.is_kept and self.required:
            raise ValueError(
                "a direct identifier is dropped before anything looks at it, so it cannot be required; write keep: hash"
            )
        return self

    @property
    def delivered_names(self) -> tuple[str | int, ...]:
        """The names (or positions from 1) under which the column may be delivered, in order of preference."""
        return self.from_ or (self.name,)

    @property
    def is_kept(self) -> bool:
        """Whether the column reaches the disk: a direct identifier does only as a keyed hash."""
        return self.privacy != "direct_identifier" or self.keep == "hash"

    @property
    def is_hashed(self) -> bool:
        """Whether the column is kept as a keyed hash."""
        return self.keep == "hash"

    @property
    def is_label(self) -> bool:
        """Whether a crosswalk, not the type, decides what the text means, so that the label stays as sent."""
        return self.vocabulary is not None and self.role in ("race", "ethnicity", "race_flag", "group")

    def vocabulary_names(self) -> tuple[str, ...]:
        """The vocabularies that the column's labels come from."""
        if isinstance(self.vocabulary, dict):
            return tuple(name for key, name in self.vocabulary.items() if key != "by")
        return (self.vocabulary,) if self.vocabulary else ()
