"""The limit: what DuckDB alone needs for the same release, with none of the machinery.

`pasted` is what an analyst has at hand before the clock starts: the compiled SQL of the models, the seeds, what contracts say.
`script` is the script, one process, measured from its start to its end; `small` reads what does not grow. `read.sql` and
`by_hand/` are written by hand, for the four event sources that hold nearly all rows of a large city: straight from file to fact.

Here: the limit and nothing else; it is judged equal to a release by the content hash. Not here: measuring (`tests.bench.city`).

What is left out, all of which the product does: the batch as delivered and its hash, the gates, landing, typing by contract with
a reason for each cell that is refused, tests, the attack on the public file, quality tables, exports, receipts. So it is a lower
bound that no product with those duties reaches; the goal is to stay within twice its cost a row.

What is done the product's way, since it does not grow with the rows: the small deliveries are read by the connectors and typed by
the same views, tables that a publisher releases whole land as they do in a run, the models behind the four facts run as dbt
compiled them, and the suppressor is called as it is.
"""
