"""The limit: the time that DuckDB alone needs for the same release, without the machinery.

`pasted` prepares the inputs before the clock starts: the compiled SQL of the models, the seeds, settings from contracts.
`script` is the measured script, one process; `small` reads the deliveries that do not grow. `read.sql` and `by_hand/` are
hand-written, for the four event sources with nearly all rows of a large city: directly from file to fact. The content hash
proves that the result equals a release. `tests.bench.city` measures it.

The limit leaves out what the product does: the batch as delivered and its hash, the gates, landing, typing by contract with
a reason for each refused cell, tests, the disclosure audit, quality tables, exports, run records. So it is a lower
bound that no product with those duties reaches; the goal is at most twice its cost per row.

Parts that do not grow with the rows are the product's: the connectors read the small deliveries and the same views type them,
tables that a publisher releases whole land as they do in a run, the models after the four facts run as dbt
compiled them, and the suppressor is called as it is.
"""
