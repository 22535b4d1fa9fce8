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
