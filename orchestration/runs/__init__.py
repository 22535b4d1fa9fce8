"""What a run shares and records: its context, record, progress, error messages, reports."""
