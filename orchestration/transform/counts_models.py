"""List the counts models for their union, so that a new measure needs no edit of a list.

dbt resolves the `ref` of a model before it has read the other models: neither `graph` nor the `meta` of models can name the
inputs of the union. This module writes their names, one per file of `models/measures/counts/`, into a macro instead.
"""

from __future__ import annotations

from pathlib import Path

from orchestration.settings import DBT_PROJECT
from warehouse.files import write_atomically

SUFFIX = "__counts"
_MACRO = """\
{{# The counts models, from the files of models/measures/counts. Levelground writes this file when a run starts: do not edit. #}}
{{% macro counts_models() -%}}
    {{{{ return([
{names}
    ]) }}}}
{{%- endmacro %}}
"""


def write_counts_models(project: Path = DBT_PROJECT) -> None:
    """Write `macros/measures/counts_models.sql`, only when its content changes: an installation may be read-only."""
    names = sorted(path.stem for path in (project / "models" / "measures" / "counts").glob(f"int_*{SUFFIX}.sql"))
    text = _MACRO.format(names="\n".join(f"        '{name}'," for name in names))
    path = project / "macros" / "measures" / "counts_models.sql"
    if not path.is_file() or path.read_text(encoding="utf-8") != text:
        write_atomically(path, text)
