"""A city's own words for race are in its layer: the vocabulary, its labels, and the contract that offers them."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from ingest.city import city_registry, read_layer_city
from ingest.contract.registry import ContractError
from ingest.contract.vocabularies import CROSSWALK, load_vocabulary
from ingest.layers import Layer
from orchestration.codegen.cities.city_layer import parts
from orchestration.transform.run_inputs import vocabulary_rows
from tests.support.visits import CONTRACT

SOURCE = CONTRACT["source"]
WORDS = (
    'race_vocabularies:\n  ulm_clinic: {title: "Clinic of New Ulm", race_standard: spd15_1997, selection: single, open: false}\n'
)


@pytest.fixture
def layer(tmp_path: Path) -> Layer:
    (tmp_path / "sources").mkdir()
    (tmp_path / "seeds" / "rows").mkdir(parents=True)
    (tmp_path / "city.yml").write_text(f'city: new_ulm\nplace_geoid: "2746042"\nsources: {{{SOURCE}: {{title: Visits}}}}\n')
    header = CROSSWALK.read_text(encoding="utf-8").splitlines()[0]
    rows = ("ulm_clinic,Deitsch,white,white,,1900-01-01,9999-12-31,", "ulm_clinic,,,,not_collected,1900-01-01,9999-12-31,")
    (tmp_path / "seeds" / "rows" / f"{CROSSWALK.stem}.csv").write_text("\n".join((header, *rows)) + "\n")
    race = {"name": "race", "role": "race", "vocabulary": "ulm_clinic", "offered": ["Deitsch"]}
    (tmp_path / "sources" / f"{SOURCE}.yml").write_text(yaml.safe_dump(CONTRACT | {"columns": [race]}))
    (tmp_path / "vocabulary.yml").write_text(WORDS)
    return Layer("new_ulm", tmp_path)


def test_a_contract_of_the_layer_uses_the_words_of_the_layer(layer: Layer) -> None:
    registry = city_registry(read_layer_city(layer))
    contract = registry[SOURCE]
    assert (contract.title, contract.offered_labels()) == ("Visits", (("ulm_clinic", "deitsch"),))
    assert [(found.race_standard, found.selection) for found in contract.race_vocabularies()] == [("spd15_1997", "single")]
    rows = {name: rest for name, *rest in vocabulary_rows(registry)}
    assert set(rows) == {*load_vocabulary().race, "ulm_clinic"}
    assert rows["ulm_clinic"] == ["Clinic of New Ulm", "spd15_1997", "single", False]
    assert ("vocabulary", "ulm_clinic") in {(part.kind, part.name) for part in parts(read_layer_city(layer))}


def test_the_words_of_a_layer_are_its_own(layer: Layer) -> None:
    (layer.folder / "vocabulary.yml").unlink()
    with pytest.raises(ContractError, match="'ulm_clinic' is no vocabulary"):
        city_registry(read_layer_city(layer))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (WORDS.replace("ulm_clinic", "police_observed"), r"vocabulary\.yml:2: .*police_observed is a shared vocabulary"),
        (
            WORDS.replace("single", "one"),
            r"vocabulary\.yml:2: race_vocabularies\.ulm_clinic\.selection: Input should be 'single'",
        ),
        (WORDS.replace("open: false", "closed: true"), r"ulm_clinic\.open: this key is missing"),
        ("roles: [shoe_size]\n", "roles: no such key"),
        ("race_vocabularies: [\n", r"vocabulary\.yml:"),
    ],
)
def test_words_that_cannot_be_used_are_named_with_file_and_line(layer: Layer, text: str, message: str) -> None:
    (layer.folder / "vocabulary.yml").write_text(text)
    with pytest.raises(ContractError, match=message):
        city_registry(read_layer_city(layer))
