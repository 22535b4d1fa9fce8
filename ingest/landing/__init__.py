"""The landing tables: promoting accepted batches, recording superseded rows, replaying deliveries."""
