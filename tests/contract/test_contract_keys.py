"""Every key of a contract has a text and an example, which the guide to keys shows."""

from __future__ import annotations

from ingest.contract.keys import json_schema, key_texts, objects
from ingest.contract.yaml_source import read_yaml
from orchestration.docs_site.guides import EXAMPLES, keys_page


def test_every_key_has_a_text_and_every_text_a_key() -> None:
    keys = {name: set(part["properties"]) for name, part in objects(json_schema()).items()}
    assert keys == {name: set(texts) for name, texts in key_texts().items()}


def test_the_guide_has_every_key_with_an_example() -> None:
    rows = [line for line in keys_page().splitlines() if line.startswith("| `")]
    assert len(rows) == sum(len(texts) for texts in key_texts().values())
    without = [row for row in rows if row.endswith("|  |")]
    assert not without, f"add an example to {EXAMPLES.name}: {without}"


def test_examples_are_of_known_keys() -> None:
    unknown = [(name, key) for name, keys in read_yaml(EXAMPLES).data.items() for key in keys if key not in key_texts()[name]]
    assert not unknown
