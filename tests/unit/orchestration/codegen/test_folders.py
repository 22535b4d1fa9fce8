"""Files of a source are written where the next upgrade keeps them, and contracts of a state stay in its layer."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from ingest import layers
from ingest.layers import CITIES, STATES
from orchestration.codegen import folders as folders_module
from orchestration.codegen.draft_source import generate_source
from orchestration.codegen.folders import Folders, refuse_installed, state_layers
from orchestration.settings import ConfigurationError, Settings


def test_nothing_is_written_into_an_installed_package(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    refuse_installed(CITIES / "kansas_city" / "sources")
    monkeypatch.setattr(folders_module, "IS_CHECKOUT", False)
    refuse_installed(tmp_path / "sources")
    with pytest.raises(ConfigurationError, match=r"an upgrade would remove .* name a layer of your own with --layer FOLDER"):
        refuse_installed(CITIES / "kansas_city" / "sources")


def test_the_contract_of_a_state_is_left_where_it_is(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    shutil.copytree(STATES / "wisconsin", tmp_path / "states" / "wisconsin")
    for module in (layers, folders_module):
        monkeypatch.setattr(module, "STATES", tmp_path / "states")
    (tmp_path / "layer").mkdir()
    (tmp_path / "layer" / "city.yml").write_text("city: madison\nstate: wisconsin\n")
    settings = Settings.from_environment(
        {
            "LEVELGROUND_HOME": str(tmp_path / "home"),
            "LEVELGROUND_CITY": str(tmp_path / "layer"),
            "LEVELGROUND_DELIVERIES": "live",
        }
    )
    (layer,) = state_layers(settings)
    contract = layer.folder / "sources" / "dpi__act.yml"
    generated = generate_source(settings, contract, Folders.of_layer(tmp_path / "layer"))
    assert contract.is_file()
    assert not (tmp_path / "layer" / "sources").exists()
    assert all(path.is_relative_to(tmp_path / "layer") for path in generated)
