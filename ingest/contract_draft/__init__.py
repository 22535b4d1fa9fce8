"""Draft a contract from a delivery, with marks where a person has to decide.

`detect_format` detects the format of a file, `column_profiles` and `column_roles` describe its columns, `draft` and
`contract_text` make the contract. See `orchestration.codegen` for the models. A draft guesses; a run reads only as the contract
declares. Other packages import from here.
"""

from ingest.contract_draft.column_profiles import guesses, is_named
from ingest.contract_draft.delivered_sample import DeliveredSample, DraftError, read_sample
from ingest.contract_draft.draft import NO_ANSWERS, Answers, Draft, draft, write_draft
