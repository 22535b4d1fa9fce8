"""Give the SQL of a DuckDB instance the function that makes keys.

DuckDB computes SHA-256, so HMAC (RFC 2104) is one expression: 1.4 s of CPU time per million keys, where a
function in Python needs 2.5 s.
"""

from __future__ import annotations

from duckdb import DuckDBPyConnection

from warehouse.sql import literal

DATABASE = "record_keys"  # in memory; dbt's macro `record_key` names it too
_FUNCTION = f"{DATABASE}.main.keyed"
_BLOCK = 64  # bytes in a block of SHA-256
_HEX_DIGITS = 32  # of 64: 128 bits, as long as the keys of facts without persons (RFC 2104, section 5)


def attach_keys(con: DuckDBPyConnection, secret: bytes) -> None:
    """Make the function `keyed` for every connection of the instance."""
    inner, outer = (literal(bytes(byte ^ pad for byte in secret.ljust(_BLOCK, b"\0")).hex()) for pad in (0x36, 0x5C))
    con.execute(f"attach if not exists ':memory:' as {DATABASE}")
    hashed = f"sha256(unhex({inner}) || encode(text))"
    con.execute(f"create or replace macro {_FUNCTION}(text) as left(sha256(unhex({outer}) || unhex({hashed})), {_HEX_DIGITS})")


def keyed(expression: str) -> str:
    """SQL: the key of a text; NULL of NULL."""
    return f"{_FUNCTION}({expression})"
