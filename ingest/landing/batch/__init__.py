"""The delivered rows of one load, as SQL: which of them count, and which landed rows they replace.

`current_rows` chooses the rows; `releases` finds the newest of several releases in one batch, `rivals` the files whose order is
unknown, and `replaced_rows` the landed rows that give way.
"""
