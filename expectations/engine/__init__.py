"""Great Expectations: running checks, custom expectations, Data Docs. No other package imports it."""
