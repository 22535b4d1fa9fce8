"""Lay out the dbt project of a home: links to the installed project, and the files that are generated for this home.

A run writes to its home only, so the installed project may be read-only, and several homes may share it. dbt searches the
folders that `dbt_project.yml` names even if they are links, but follows no link inside them. A file of the home therefore needs
a folder of its own in `model-paths`, such as `generated`. Each file has the same path in every home: a parse can be copied.
"""

from __future__ import annotations

import shutil
from pathlib import Path

from ingest.contract.registry import Registry
from orchestration.settings import DBT_PROJECT
from orchestration.transform.dbt_sources import write_sources
from orchestration.transform.registrations import EXPOSED, MACROS, write_registrations
from warehouse.fingerprint import chunks_sha256
from warehouse.paths import Home

FOLDERS = ("macros", "models", "seeds", "tests")
FILES = (".dbtignore", "dbt_project.yml", "profiles.yml")


def prepare_project(home: Home, registry: Registry) -> None:
    """Create the links and write the generated files of a home. Only what differs is written, so that dbt's parse stays valid."""
    folder = home.dbt_project
    (folder / "generated").mkdir(parents=True, exist_ok=True)
    for name in (*FOLDERS, *FILES):
        _link(folder / name, DBT_PROJECT / name)
    write_sources(registry, _sources(home))
    write_registrations(folder)


def project_fingerprint(home: Home) -> str:
    """A hash of everything in the dbt project of a home that decides what it builds."""
    generated = (_sources(home), *(home.dbt_project / path for path in (MACROS, EXPOSED)))
    return chunks_sha256([installed_fingerprint().encode(), *(path.read_bytes() for path in generated)])


def installed_fingerprint() -> str:
    """A hash of the installed project."""
    files = [path for name in FOLDERS for path in sorted((DBT_PROJECT / name).rglob("*")) if path.is_file()]
    named = [(path.relative_to(DBT_PROJECT), path) for path in (*files, *(DBT_PROJECT / name for name in FILES))]
    return chunks_sha256(str(name).encode() + b"\x00" + path.read_bytes() for name, path in named)


def _sources(home: Home) -> Path:
    return home.dbt_project / "generated" / "_sources.yml"


def _link(path: Path, target: Path) -> None:
    if path.is_symlink() and path.readlink() == target:
        return
    if path.is_dir() and not path.is_symlink():  # a copy of the home that has followed the link
        shutil.rmtree(path)
    path.unlink(missing_ok=True)
    path.symlink_to(target)
