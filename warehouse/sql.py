"""Names and texts on their way into SQL, where parameters cannot go.

Belongs here: checking and quoting, and taking values out of what DuckDB says. Does not: any statement.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

# The house's own names are lower case, and what is not is not ours. 63 is what every SQL tool that reads a release can take.
IDENTIFIER = re.compile(r"[a-z_][a-z0-9_]{0,62}")
# DuckDB quotes cells as 'cell' in its errors ("Could not convert string 'x' to DATE"), names as "name".
_QUOTED_CELL = re.compile(r"'[^']*('|$)")


class BadIdentifier(ValueError):
    """A name that must not be put into SQL."""

    def __init__(self, name: str) -> None:
        super().__init__(f"{name!r} is not a name for SQL: lower-case letters, digits and _, no digit first, at most 63")


def identifier(name: str) -> str:
    """`name` quoted, if it is one that the house uses (a schema, table, alias or contract column); else BadIdentifier."""
    if IDENTIFIER.fullmatch(name) is None:
        raise BadIdentifier(name)
    return quoted(name)


def quoted(name: str) -> str:
    """Any name quoted as an identifier: for names that DuckDB's own catalog or a delivered header gave."""
    return '"' + name.replace('"', '""') + '"'


def literal(text: str) -> str:
    """`text` as a string literal, for statements that take no parameters (ATTACH, COPY, SET)."""
    return "'" + text.replace("'", "''") + "'"


def without_values(message: object) -> str:
    """What DuckDB or dbt said, with every cell that it may quote replaced by '…': fit for logs and messages."""
    return _QUOTED_CELL.sub("'…'", str(message))


def one_of(expression: str, words: Iterable[str]) -> str:
    """SQL boolean: a text is one of these. NULL for NULL.

    DuckDB makes a join of an IN of five words or more, which holds up every row of the SELECT that it stands in: of dozens in one
    SELECT, each takes tens of milliseconds.
    """
    known = [literal(word) for word in words]
    return f"{expression} in ({', '.join(known)})" if len(known) < 5 else f"list_contains([{', '.join(known)}], {expression})"
