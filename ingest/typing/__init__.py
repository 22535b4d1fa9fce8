"""Type delivered text: SQL expressions that gates, promotion and staging share.

Other packages import from here.
"""

from ingest.typing.cells import (
    accepted_rows,
    constant_cells,
    invalid_flag,
    is_refused,
    missing_flag,
    optional_columns,
    read_cells,
    record_hash,
    trimmed_cell,
    typed_cell,
)
from ingest.typing.expressions import (
    can_be_invalid,
    column_refused,
    hidden_below,
    hides_small_numbers,
    invalid_condition,
    missing_condition,
    missing_reason,
    rejection,
    rejection_message,
    required_columns,
    typed_expression,
)

__all__ = [
    "accepted_rows",
    "can_be_invalid",
    "column_refused",
    "constant_cells",
    "hidden_below",
    "hides_small_numbers",
    "invalid_condition",
    "invalid_flag",
    "is_refused",
    "missing_condition",
    "missing_flag",
    "missing_reason",
    "optional_columns",
    "read_cells",
    "record_hash",
    "rejection",
    "rejection_message",
    "required_columns",
    "trimmed_cell",
    "typed_cell",
    "typed_expression",
]
