"""What every stage of a run shares: its context, record, results, progress reports and error messages."""
