"""Read the models of a dbt project from their files, without dbt: names, columns and `meta`, in milliseconds.

See `transform.macros.registrations` for what the `meta` of a model decides.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ingest.contract.yaml_source import read_yaml

PROPERTIES = "_*__models.yml"


@dataclass(frozen=True)
class ModelFile:
    """A model by its SQL file, with what the YAML next to it declares (nothing, if no YAML names it).

    `folder` is the path of its folder below the models, such as `marts/facts/safety`; `declared_in` is the YAML; `columns` are
    the described columns, by name.
    """

    name: str
    path: Path
    folder: str
    declared_in: Path | None = None
    description: str = ""
    columns: dict[str, dict[str, Any]] = field(default_factory=dict)
    meta: dict[str, Any] = field(default_factory=dict)

    @property
    def sql(self) -> str:
        """The text of the model."""
        return self.path.read_text(encoding="utf-8")


def read_models(roots: Iterable[Path], *, below: str = "") -> dict[str, ModelFile]:
    """The models below the folders of models `roots`, by name; a later root overrides a model of the same name.

    `below`: only the models of this folder, such as `marts`.
    """
    found: dict[str, ModelFile] = {}
    for root in roots:
        declared = _declared(root / below)
        for path in sorted((root / below).rglob("*.sql")):
            file, entry = declared.get((path.parent, path.stem), (None, None))
            found[path.stem] = ModelFile(
                path.stem,
                path,
                path.parent.relative_to(root).as_posix(),
                file,
                str((entry or {}).get("description") or ""),
                {column["name"]: column for column in (entry or {}).get("columns") or ()},
                ((entry or {}).get("config") or {}).get("meta") or {},
            )
    return found


def _declared(folder: Path) -> dict[tuple[Path, str], tuple[Path, dict[str, Any]]]:
    return {
        (file.parent, entry["name"]): (file, entry)
        for file in sorted(folder.rglob(PROPERTIES))
        for entry in (read_yaml(file).data or {}).get("models") or ()
    }
