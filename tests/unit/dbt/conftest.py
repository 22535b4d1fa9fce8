"""The crosswalk of the repository in a database, and the race of delivered rows by the conforming macros."""

from __future__ import annotations

from collections.abc import Iterator

import duckdb
import pytest

from ingest.contract.vocabularies import load_vocabulary
from orchestration.settings import DBT_PROJECT
from tests.support.race import Conform, Race, render


@pytest.fixture(scope="session")
def connection() -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect() as con:
        for seed in ("race_ethnicity_crosswalk", "race_open_labels", "race_write_ins", "race_ethnicity", "race_flag_values"):
            path = DBT_PROJECT / "seeds" / "reference" / f"{seed}.csv"
            con.execute(f"create table {seed} as from read_csv('{path}', all_varchar = true)")
        for seed in ("race_ethnicity_crosswalk", "race_open_labels"):
            con.execute(f"alter table {seed} alter valid_from type date")
            con.execute(f"alter table {seed} alter valid_to type date")
        con.execute("alter table race_flag_values alter is_ticked type boolean")
        con.execute(
            "create view dim_race_ethnicity as "
            "select * replace (is_in_spd15_2024::boolean as is_in_spd15_2024) from race_ethnicity"
        )
        con.execute("create table vocabularies (vocabulary varchar, race_standard varchar)")
        con.executemany(
            "insert into vocabularies values (?, ?)", [(v.name, v.race_standard) for v in load_vocabulary().race.values()]
        )
        con.execute("create table dim_source (source varchar, race_selection varchar)")
        con.execute("insert into dim_source values ('many', 'multiple'), ('one', 'single')")
        yield con


@pytest.fixture(scope="session")
def conform(connection: duckdb.DuckDBPyConnection) -> Conform:
    """`conform(vocabulary, rows, ...)`: each row's race, by a list of labels, by questions, or both; in the order of the rows."""

    def conform_rows(
        vocabulary: str,
        rows: list[dict[str, str | None]],
        questions: dict[str, str] | None = None,
        label: str | None = None,
        delimiter: str | None = None,
        on: str = "2025-01-01",
        macro: str | None = None,
    ) -> list[Race]:
        columns = list(dict.fromkeys(name for row in rows for name in row))
        connection.execute(
            f"create or replace temp table delivered_rows (n integer, {', '.join(f'{name} varchar' for name in columns)})"
        )
        connection.executemany(
            f"insert into delivered_rows values ({', '.join('?' * (len(columns) + 1))})",
            [[n, *(row.get(name) for name in columns)] for n, row in enumerate(rows)],
        )
        names = {
            "questions": questions, "label": f"delivered_rows.{label}" if label else None,
            "delimiter": delimiter, "on": f"date '{on}'",
            "vocabulary": f"'{vocabulary}'",
        }  # fmt: skip
        macro = macro or (
            "race_conformed_questions('delivered_rows', questions, vocabulary, on, label, delimiter)"
            if questions
            else "race_conformed_list('delivered_rows', label, delimiter, vocabulary, on)"
            if delimiter
            else "race_conformed('delivered_rows', label, vocabulary, on)"
        )
        query = render(f"{{{{ {macro} }}}}", **names)
        found = connection.execute(
            f"select race_ethnicity_set, race_ethnicity_code, race_ethnicity_code_1997 from ({query}) order by n"
        ).fetchall()
        assert len(found) == len(rows)
        return [Race(tuple(chosen) if chosen is not None else None, code, old) for chosen, code, old in found]

    return conform_rows
