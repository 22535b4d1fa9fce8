"""Make the files of a release for readers other than the data team: figures without any record, and records of one audience.

`plan` describes the content of a file, `write` writes it from the analyst file, `access` gives files to the groups of their
readers, and `keys` has the keys of encrypted ones. See `orchestration.transform.released_columns` for the plans.
"""
