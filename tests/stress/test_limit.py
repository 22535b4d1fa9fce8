"""The limit of the benchmark makes the content of the release."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from tests.bench.city.contenders import figures
from tests.e2e.conftest import Place
from tests.e2e.test_limit import run_module
from tests.support.released_content import released_content
from warehouse.paths import Home


def test_the_limit_makes_the_same_content(place: Place, tmp_path: Path) -> None:
    run_module("tests.bench.limit.pasted", place.home, tmp_path / "pasted")
    report: dict[str, Any] = json.loads(
        run_module("tests.bench.limit.script", tmp_path / "pasted", place.deliveries, tmp_path / "out")
    )
    assert report["content_hash"] == released_content(place.home)
    assert report["rows"]["marts.fct_police_stops"] == figures(Home(place.home))["stops"] > 0
