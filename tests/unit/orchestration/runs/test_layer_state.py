"""A run reads the contracts and the other files of a layer in one state, although people write to the layer meanwhile."""

from __future__ import annotations

from pathlib import Path

import pytest

from ingest.contract.registry import Registry
from orchestration.runs import delivery_location
from orchestration.runs.delivery_location import read_delivery_location
from orchestration.settings import ConfigurationError, Settings

MODEL = Path("models") / "stg_xyz__own.sql"


@pytest.mark.parametrize("changes", [1, 99])
def test_contracts_and_files_of_a_layer_are_read_in_one_state(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, changes: int
) -> None:
    layer = tmp_path / "layer"
    (layer / "models").mkdir(parents=True)
    (layer / "city.yml").write_text('city: new_ulm\nplace_geoid: "2746042"\n')
    readings: list[int] = []

    def read(*_: object) -> Registry:
        """Read the contracts while another person writes a model."""
        readings.append(len(readings))
        if len(readings) <= changes:
            (layer / MODEL).write_text(f"select {len(readings)}")
        return Registry(())

    monkeypatch.setattr(delivery_location, "city_registry", read)
    environment = {"HOME": str(tmp_path / "home"), "CITY": str(layer), "DELIVERIES": "live"}
    settings = Settings.from_environment({f"LEVELGROUND_{key}": value for key, value in environment.items()})
    if changes > 1:
        with pytest.raises(ConfigurationError, match=r"files changed in .*layer while the command read them; run it again"):
            read_delivery_location(settings)
        assert len(readings) == delivery_location.READINGS
        return
    location = read_delivery_location(settings)
    assert location.snapshots[0].files[MODEL] == b"select 1"
    assert readings == [0, 1]
