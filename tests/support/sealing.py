"""Seal a candidate as a release, as a run does, with the facts of its manifest given by a test."""

from __future__ import annotations

from typing import Any

from warehouse.paths import Home
from warehouse.releases import Candidate, Manifest, keep_release, write_manifest


def seal(home: Home, candidate: Candidate, **about: Any) -> Manifest:
    """The manifest of the release that the candidate became; `about`: its fields."""
    manifest = write_manifest(home, candidate, Manifest(run_id=candidate.run_id, **about))
    keep_release(home, candidate, manifest)
    return manifest
