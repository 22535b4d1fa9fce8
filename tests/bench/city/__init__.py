"""Benchmark of the whole product, compared with the limit, an analyst's notebook and a stock pipeline, on one machine.

`making`: cities and nightly deliveries · `folders`: paths · `process`: one process and its cost · `contenders`: the commands
· `figures`: the arithmetic · `baseline`: the stored ratios · `answers`: queries and the UI · `report`: table, file and plot.

The other contenders are `tests.bench.limit`, `tests.bench.notebook` and `tests.bench.stock`.
"""
