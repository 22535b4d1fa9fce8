"""A new model reaches the unions and exposures by its own meta, without an edit of a list."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from orchestration.transform.macros.registrations import EXPOSED, MACROS, missing_meta, registered, write_registrations
from orchestration.transform.model_files import read_models

PROPERTIES = """\
models:
  - name: {name}
    description: Visits
    config: {{meta: {meta}}}
    columns: [{columns}]
"""


def write_model(root: Path, folder: str, name: str, sql: str = "select 1", meta: str = "{}", columns: str = "") -> None:
    target = root / folder
    target.mkdir(parents=True, exist_ok=True)
    (target / f"{name}.sql").write_text(sql)
    (target / f"_{name}__models.yml").write_text(PROPERTIES.format(name=name, meta=meta, columns=columns))


@pytest.fixture
def root(tmp_path: Path) -> Path:
    models = tmp_path / "models"
    meta = "{race: [{column: race, people: n}], is_stock: true, geocoded: {address: facts.address}, dated: true, event_time: at}"
    write_model(models, "marts/facts/health", "fct_visits", meta=meta)
    write_model(models, "marts/facts/health", "fct_visits_by_tract", meta="{counts_of_places: true}")
    write_model(models, "staging/dpt", "stg_dpt__visits", meta="{fact: fct_visits, addresses: true, points: true}")
    write_model(models, "measures/counts", "int_visits__counts")
    return models


def test_meta_decides_the_lists(root: Path) -> None:
    assert registered(read_models([root])) == {
        "facts_with_race": [{"fact": "fct_visits", "is_stock": True, "people": "n", "column": "race"}],
        "facts_with_place": [{"fact": "fct_visits", "is_stock": True, "address": "facts.address"}],
        "facts_of_places": ["fct_visits_by_tract"],
        "facts_with_dates": ["fct_visits"],
        "facts_with_times": [{"fact": "fct_visits", "column": "at"}],
        "models_of_facts": [{"fact": "fct_visits", "model": "stg_dpt__visits"}],
        "sources_with_addresses": ["stg_dpt__visits"],
        "sources_with_points": ["stg_dpt__visits"],
        "counts_models": ["int_visits__counts"],
    }


def test_a_model_of_another_folder_is_in_the_lists_and_the_exposures(root: Path, tmp_path: Path) -> None:
    layer = tmp_path / "layer"
    write_model(layer, "marts/facts/parks", "fct_permits", meta="{dated: true}")
    write_registrations(tmp_path / "project", [root, layer])
    macros = (tmp_path / "project" / MACROS).read_text()
    assert '"fct_permits",' in macros and '"is_stock": true' in macros
    exposures = yaml.safe_load((tmp_path / "project" / EXPOSED).read_text())["exposures"]
    analysts = next(exposure for exposure in exposures if exposure["name"] == "analyst_file")
    assert analysts["depends_on"] == ["ref('fct_permits')", "ref('fct_visits')", "ref('fct_visits_by_tract')"]


def test_unchanged_lists_are_not_written(root: Path, tmp_path: Path) -> None:
    write_registrations(tmp_path, [root])
    before = [(tmp_path / path).stat().st_mtime_ns for path in (MACROS, EXPOSED)]
    write_registrations(tmp_path, [root])
    assert [(tmp_path / path).stat().st_mtime_ns for path in (MACROS, EXPOSED)] == before


def test_a_model_that_lacks_a_key_is_named(tmp_path: Path) -> None:
    columns = "{name: race_ethnicity_reported}, {name: tract_geoid}"
    placed = "{{ place_conformed('a', on_date='b', address='address') }}"
    sql = f"select {{{{ place_columns() }}}} from {placed} {{{{ ref('stg_dpt__visits') }}}}"
    write_model(tmp_path, "marts/facts/health", "fct_visits", sql, columns=columns)
    write_model(tmp_path, "marts/facts/health", "fct_visits_by_tract")
    write_model(tmp_path, "staging/dpt", "stg_dpt__visits", columns="{name: address}")
    assert missing_meta(read_models([tmp_path])) == {
        "fct_visits": ("geocoded", "race"),
        "fct_visits_by_tract": ("counts_of_places",),
        "stg_dpt__visits": ("addresses",),
    }


def test_the_languages_are_those_with_a_seed_of_texts(tmp_path: Path) -> None:
    seeds = tmp_path / "seeds" / "reference"
    seeds.mkdir(parents=True)
    for name in ("texts_so", "texts_en", "texts_es", "languages"):
        (seeds / f"{name}.csv").touch()
    write_registrations(tmp_path, [], seeds)
    text = (tmp_path / MACROS).read_text()
    assert text[text.index("macro translations()") :].count('"es"') == 1
    assert '"so"' in text and '"en"' not in text[text.index("macro translations()") :]
