"""The dbt project of a home is the installed one, with what the city's layers add or replace, under the same paths."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from ingest.city import city_registry, read_city
from ingest.contract.registry import Registry
from ingest.layers import Layer
from orchestration.settings import DBT_PROJECT, SHARED_SEEDS
from orchestration.transform import dbt_project
from orchestration.transform.dbt_project import overlays, prepare_project, project_fingerprint
from orchestration.transform.release_inputs import seed_hashes
from warehouse.paths import Home

SEEDS = Path("seeds") / "reference"
MODEL = Path("models") / "staging" / "ucc" / "stg_ucc__service_requests.sql"


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Leave out the lists of models, whose files take a second to read."""
    monkeypatch.setattr(dbt_project, "write_registrations", lambda *_: None)
    monkeypatch.setattr(dbt_project, "MACROS", "dbt_project.yml")
    monkeypatch.setattr(dbt_project, "EXPOSED", "dbt_project.yml")


@pytest.fixture
def layer(tmp_path: Path) -> Layer:
    """A layer with a seed, a replaced model and a model of its own."""
    folder = tmp_path / "layer"
    for path in (MODEL, Path("models") / "staging" / "xyz" / "stg_xyz__own.sql"):
        (folder / path).parent.mkdir(parents=True)
        (folder / path).write_text("select 1 as one")
    (folder / "seeds").mkdir()
    shutil.copy(SHARED_SEEDS / "goals.csv", folder / "seeds")
    return Layer("new_ulm", folder)


def prepared(home: Home, *layers: Layer) -> Path:
    prepare_project(home, Registry(()), layers)
    return home.dbt_project


def files(folder: Path) -> set[Path]:
    return {path.relative_to(folder) for path in folder.rglob("*") if path.is_file()}


def test_without_layers_the_folders_are_links(tmp_path: Path) -> None:
    project = prepared(Home(tmp_path / "home"))
    # models are a folder: the map of a police district is a column that the city's types of place add
    assert all((project / name).readlink() == DBT_PROJECT / name for name in ("seeds", "macros", "tests"))


def test_two_homes_of_one_installation_have_their_own_seeds(tmp_path: Path) -> None:
    places = {}
    for name in ("milwaukee", "sampleton"):
        city = read_city(None, name)
        project = prepared(Home(tmp_path / name), *city.layers)
        assert files(project / "seeds") == files(DBT_PROJECT / "seeds"), "no seed is there twice"
        places[name] = (project / SEEDS / "geographies.csv").read_text(encoding="utf-8")
    assert "Minneapolis" in places["milwaukee"] and "Sampleton" not in places["milwaukee"]
    assert "Sampleton" in places["sampleton"] and "Milwaukee" not in places["sampleton"]


def test_a_model_of_the_layer_replaces_the_one_of_its_name(tmp_path: Path, layer: Layer) -> None:
    project = prepared(Home(tmp_path / "home"), layer)
    assert (project / MODEL).read_text() == "select 1 as one"
    assert files(project / "models") - files(DBT_PROJECT / "models") == {Path("staging/xyz/stg_xyz__own.sql")}
    # of another folder it would have another schema, and a model of counts would be in no figure
    (layer.folder / MODEL).rename(layer.folder / "models" / MODEL.name)
    prepared(Home(tmp_path / "home"), layer)
    assert [path.relative_to(project) for path in (project / "models").rglob(MODEL.name)] == [MODEL]
    assert (project / MODEL).read_text() == "select 1 as one"


def test_a_home_whose_layer_is_gone_has_the_shared_files_again(tmp_path: Path, layer: Layer) -> None:
    home = Home(tmp_path / "home")
    project = prepared(home, layer)
    copied = Home(tmp_path / "copied")
    shutil.copytree(home.dbt, copied.dbt)  # a copy that has followed the links
    assert files(prepared(copied, layer)) == files(project)
    shutil.rmtree(layer.folder / "seeds")
    shutil.rmtree(layer.folder / "models")
    assert overlays([layer]) == {}
    assert prepared(home, layer) == project
    assert (project / "seeds").is_symlink()
    assert (project / MODEL).resolve() == (DBT_PROJECT / MODEL).resolve()


def test_the_fingerprint_and_the_hashes_of_seeds_contain_the_layer(tmp_path: Path, layer: Layer) -> None:
    first, second = Home(tmp_path / "first"), Home(tmp_path / "second")
    assert prepared(first, layer) and prepared(second, layer)
    assert project_fingerprint(first) == project_fingerprint(second), "a parse may be copied"
    with (layer.folder / "seeds" / "goals.csv").open("a") as seed:
        seed.write("one more\n")
    prepared(second, layer)
    assert project_fingerprint(first) == project_fingerprint(second), "both homes link to the layer"
    prepared(second)
    assert project_fingerprint(first) != project_fingerprint(second)
    changed = {name for name, hashed in seed_hashes([layer]).items() if seed_hashes()[name] != hashed}
    assert changed == {"goals"}


def test_dbt_parses_again_for_a_model_and_not_for_rows_of_a_seed(tmp_path: Path, layer: Layer) -> None:
    home = Home(tmp_path / "home")
    shutil.rmtree(layer.folder / "models")
    prepared(home)
    without_layer = project_fingerprint(home), project_fingerprint(home, with_rows=False)
    with (layer.folder / "seeds" / "goals.csv").open("a") as seed:
        seed.write("one more\n")
    prepared(home, layer)
    assert project_fingerprint(home) != without_layer[0]
    assert project_fingerprint(home, with_rows=False) == without_layer[1]
    (layer.folder / MODEL).parent.mkdir(parents=True)
    (layer.folder / MODEL).write_text("select 2 as one")
    prepared(home, layer)
    assert project_fingerprint(home, with_rows=False) != without_layer[1]


def test_contracts_of_every_layer_fit_the_city() -> None:
    assert city_registry(read_city(None, "sampleton")).names() == city_registry(read_city(None, "milwaukee")).names()
