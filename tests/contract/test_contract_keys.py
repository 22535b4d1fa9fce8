"""docs/contract-keys.md is what the model of a contract and keys.yml give: every key has a text and an example."""

from __future__ import annotations

from ingest.contract.keys import json_schema, key_texts, objects
from tests.support.contract_keys_page import PAGE, page


def test_the_page_is_generated_from_the_model() -> None:
    assert PAGE.read_text(encoding="utf-8") == page(), "run `python -m tests.support.contract_keys_page`"


def test_every_key_has_a_text_and_every_text_a_key() -> None:
    keys = {name: set(part["properties"]) for name, part in objects(json_schema()).items()}
    assert keys == {name: set(texts) for name, texts in key_texts().items()}
