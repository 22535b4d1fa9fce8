"""The benchmark of the whole: the product beside the limit, an analyst's notebook and a stock pipeline, on one machine, by turns.

`making` cities and nightly deliveries · `folders` what lies where · `process` one process and what it cost · `contenders` what is
run, and on what · `figures` the arithmetic · `baseline` the ratios that are kept · `answers` queries and the UI · `report` table,
file and plot.

Here: measuring. Not here: what is measured, which is the product itself, `tests.bench.limit`, `tests.bench.notebook`, and
`tests.bench.stock`.
"""
