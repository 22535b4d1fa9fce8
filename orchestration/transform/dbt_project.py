"""Lay out the dbt project of a home: the installed project, what the city's layers add or replace, and generated files.

A run writes to its home only, so the installed project may be read-only, and homes of several cities may share it. dbt searches
the folders that `dbt_project.yml` names even if they are links, but follows no link to a folder inside them. A folder to which a
layer contributes is therefore a folder of links to files; any other is one link. Each file has the same path in every home, and a
file of a layer the path of the shared file that it replaces: a parse can be copied. See `ingest.layers`.
"""

from __future__ import annotations

import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path

from ingest.contract.registry import Registry
from ingest.layers import MODELS, ROWS, SEEDS, Content, Layer, layered_seed, text_of
from orchestration.settings import DBT_PROJECT, SHARED_SEEDS
from orchestration.transform.dbt_sources import write_sources
from orchestration.transform.macros.place_types import (
    PLACE_TYPES,
    further_columns,
    read_place_types,
    with_further_columns,
    write_place_types,
)
from orchestration.transform.macros.registrations import EXPOSED, MACROS, write_registrations
from warehouse.files import write_atomically
from warehouse.fingerprint import chunks_sha256
from warehouse.paths import Home

FOLDERS = ("macros", "models", "seeds", "tests")
FILES = (".dbtignore", "dbt_project.yml", "profiles.yml")
REFERENCE = Path("reference")  # the folder of seeds


def prepare_project(home: Home, registry: Registry, layers: Sequence[Layer] = ()) -> None:
    """Create the links and write the generated files of a home. Only what differs is written, so that dbt's parse stays valid."""
    folder = home.dbt_project
    (folder / "generated").mkdir(parents=True, exist_ok=True)
    place_types, vintages = (layered_seed(name, SHARED_SEEDS, layers) for name in ("place_types", "geography_vintages"))
    types = read_place_types(place_types, vintages, {contract.source for contract in registry})
    overlay = overlays(layers, further_columns(types))
    for name in (*FOLDERS, *FILES):
        if name in overlay:
            _fill(folder / name, overlay[name])
        else:
            _link(folder / name, DBT_PROJECT / name)
    write_sources(registry, _sources(home))
    write_place_types(types, folder / PLACE_TYPES)
    write_registrations(folder, (folder / MODELS,), folder / SEEDS / REFERENCE)


def overlays(layers: Sequence[Layer], columns: Mapping[str, str] | None = None) -> dict[str, dict[Path, Content]]:
    """The folders of the project to which layers contribute: the content of each file, by its path in the folder.

    `columns`: the place columns that the city's types of place add to facts, with their descriptions.
    """
    found: dict[str, dict[Path, Content]] = {}
    if columns or any(layer.files(MODELS) for layer in layers):
        found[MODELS] = _models(layers, columns or {})
    if any(layer.files(SEEDS) for layer in layers):
        found[SEEDS] = _seeds(layers)
    return found


def _models(layers: Sequence[Layer], columns: Mapping[str, str]) -> dict[Path, Content]:
    """The models of the project and of the layers. A model of a layer has the path, and so the schema, of the one of its name."""
    files: dict[Path, Content] = dict(_files(DBT_PROJECT / MODELS))
    for own in (layer.files(MODELS) for layer in layers):
        places = {path.name: path for path in files if path.suffix == ".sql"}
        files |= {places.get(path.name, path): content for path, content in own.items()}
    for path in [path for path in files if columns and path.suffix == ".yml"]:
        text = text_of(files[path])
        if (declared := with_further_columns(text, columns)) != text:
            files[path] = declared.encode()
    return files


def _seeds(layers: Sequence[Layer]) -> dict[Path, Content]:
    files: dict[Path, Content] = dict(_files(DBT_PROJECT / SEEDS))
    for layer in layers:
        own = {path: file for path, file in layer.files(SEEDS).items() if path.parts[0] != ROWS and path.suffix == ".yml"}
        files |= {REFERENCE / path: file for path, file in own.items()}
    names = {name for layer in layers for name in (*layer.seeds(), *layer.rows())}
    return files | {REFERENCE / f"{name}.csv": layered_seed(name, SHARED_SEEDS, layers) for name in sorted(names)}


def project_fingerprint(home: Home, *, with_rows: bool = True) -> str:
    """A hash of what decides what the dbt project of a home builds, with the rows of seeds, or of what a parse reads."""
    generated = (_sources(home), *(home.dbt_project / path for path in (MACROS, EXPOSED, PLACE_TYPES)))
    files = files_fingerprint(home.dbt_project, with_rows=with_rows)
    return chunks_sha256([files.encode(), *(path.read_bytes() for path in generated)])


def files_fingerprint(project: Path, *, with_rows: bool = True) -> str:
    """A hash of the files of a dbt project that are not generated."""
    files = [(Path(name) / path, file) for name in FOLDERS for path, file in _files(project / name).items()]
    named = (*files, *((Path(name), project / name) for name in FILES))
    read = (path.read_bytes() if with_rows or path.suffix != ".csv" else b"" for _, path in named)
    return chunks_sha256(str(name).encode() + b"\x00" + content for (name, _), content in zip(named, read, strict=True))


def _files(folder: Path) -> dict[Path, Path]:
    return {path.relative_to(folder): path for path in sorted(folder.rglob("*")) if path.is_file()}


def _sources(home: Home) -> Path:
    return home.dbt_project / "generated" / "_sources.yml"


def _fill(folder: Path, files: Mapping[Path, Content]) -> None:
    """Make a folder that contains these files and no other."""
    if folder.is_symlink():
        folder.unlink()
    folder.mkdir(parents=True, exist_ok=True)
    for path in sorted(folder.rglob("*"), reverse=True):
        if path.is_symlink() or path.is_file():
            if path.relative_to(folder) not in files:
                path.unlink()
        elif not any(path.iterdir()):
            path.rmdir()
    for name, content in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        if isinstance(content, Path):
            _link(path, content)
        elif path.is_symlink() or not path.is_file() or path.read_bytes() != content:
            path.unlink(missing_ok=True)
            write_atomically(path, content.decode())


def _link(path: Path, target: Path) -> None:
    if path.is_symlink() and path.readlink() == target:
        return
    if path.is_dir() and not path.is_symlink():  # a copy of the home that has followed the link
        shutil.rmtree(path)
    path.unlink(missing_ok=True)
    path.symlink_to(target)
