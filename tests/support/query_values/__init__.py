"""The value of each query of docs/queries.md, computed in Python from records, deliveries or other tables of the release.

`release` reads both; `records`, `figures` and `catalogue` have a check per query. See tests/e2e/test_query_values.py.
"""
