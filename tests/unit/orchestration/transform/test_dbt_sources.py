"""Texts of contracts in dbt's source entries: dbt shows them as they are, and runs nothing that they contain."""

from __future__ import annotations

import json

import pytest

from orchestration.transform.dbt_sources import literal
from tests.support.small_dbt_project import run_dbt
from tests.support.visits import visits_contract

HOSTILE = {
    "expression": "Visits {{ env_var('LEVELGROUND_HASH_KEY') }}",
    "statement": "75 {% of all desks",
    "comment": "desk {# 7, {{{ 8 }}}, {{% x %}}, {",
    "closed": "{% endraw %}{{ 7 * 7 }}{% raw %}",
    "script": "</script><script>document.title = 'stolen'</script>",
    "nested": "{{ '{{' }} env_var('X') {{ '}}' }}",
    "quoted": '"}}\' {{ "{" }}\\{{ 1 }}',
}


@pytest.fixture(scope="module")
def descriptions(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """What dbt's manifest contains for each hostile text, from a project with these sources alone."""
    contracts = [
        visits_contract(source=f"dpt__{name}", title=text, grain=f"one row per {text}") for name, text in HOSTILE.items()
    ]
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("LEVELGROUND_HASH_KEY", "a secret key")
        target = run_dbt(tmp_path_factory.mktemp("project"), contracts, "parse")
    manifest = json.loads((target / "manifest.json").read_text())
    assert "a secret key" not in json.dumps(manifest)
    return {source["name"].removeprefix("dpt__"): source["description"] for source in manifest["sources"].values()}


@pytest.mark.parametrize("name", HOSTILE)
def test_dbt_shows_a_text_as_it_is(descriptions: dict[str, str], name: str) -> None:
    assert descriptions[name] == f"{HOSTILE[name]}: one row per {HOSTILE[name]}"


def test_a_text_without_expressions_is_written_as_it_is() -> None:
    assert literal("Requests {311}: } %} 100 %") == "Requests {311}: } %} 100 %"
