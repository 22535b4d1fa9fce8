"""Make a home rebuild its incremental facts, and nothing else, in its next run."""

from __future__ import annotations

import json
from pathlib import Path

FACTS = ("fct_payments", "fct_police_calls", "fct_police_stops", "fct_service_requests")


def outdate_facts(home: Path) -> None:
    """Let the published release state that its facts were built from other models."""
    release = json.loads((home / "published" / "current.json").read_text())["release_id"]
    path = home / "releases" / release / "manifest.json"
    manifest = json.loads(path.read_text())
    for fact in FACTS:
        manifest["made_of"]["node_fingerprints"][f"model.levelground.{fact}"] |= {"state": "earlier", "base": "earlier"}
    path.write_text(json.dumps(manifest))
    record = newest_run(home)
    record.write_text(json.dumps(json.loads(record.read_text()) | {"fingerprint": "earlier"}))


def newest_run(home: Path) -> Path:
    """The file of the run that ended last."""
    return max((home / "runs").glob("*.json"), key=lambda path: json.loads(path.read_text())["number"])
