"""Write a template in one of its forms, for departments that have no system to export from."""

from __future__ import annotations

import csv
import io
from pathlib import Path
from typing import Literal, get_args

from ingest.contract import Contract
from ingest.contract.template_fields import asked_columns, why_no_template
from orchestration.settings import ConfigurationError
from orchestration.stewardship.template.form import write_form
from orchestration.stewardship.template.texts import LANGUAGES
from orchestration.stewardship.template.workbook import write_workbook

TemplateFormat = Literal["xlsx", "csv", "pdf"]
FORMATS: tuple[str, ...] = get_args(TemplateFormat)


def write_template(contract: Contract, form: str, to: Path | None, language: str = "en") -> Path:
    """Write the template and return its file; `to` is a folder or the file itself, by default the current folder."""
    if form not in FORMATS:
        raise ConfigurationError(f"there are no templates as {form}; choose one of {', '.join(FORMATS)}")
    if language not in LANGUAGES:
        raise ConfigurationError(f"there are no templates in {language!r}; choose one of {', '.join(LANGUAGES)}")
    reason = why_no_template(contract)
    if reason:
        raise ConfigurationError(f"{contract.source} cannot be filled in by hand: {reason}")
    name = f"{contract.source}_template.{form}"
    path = Path(name) if to is None else to / name if to.is_dir() or not to.suffix else to
    if path.suffix.lower() != f".{form}":
        raise ConfigurationError(f"--out {path} does not end in .{form}; name a folder, or a file of that kind")
    path.parent.mkdir(parents=True, exist_ok=True)
    if form == "xlsx":
        write_workbook(contract, path, language)
    elif form == "pdf":
        write_form(contract, path, language)
    else:
        path.write_bytes(_empty_csv(contract))
    return path


def _empty_csv(contract: Contract) -> bytes:
    """The header line in the encoding and with the delimiter of the contract."""
    how = contract.format
    if how.kind != "csv" or how.header.rows != 1:
        kind = "CSV without one line of names" if how.kind == "csv" else how.kind
        remedy = f"`levelground sources template {contract.source}` writes a workbook, which is read whatever the kind"
        raise ConfigurationError(f"the contract of {contract.source} reads {kind}, not CSV with names; {remedy}")
    names = {column.delivered_names[0]: column.name for column in asked_columns(contract)}
    if any(isinstance(name, int) for name in names):
        raise ConfigurationError(f"the contract of {contract.source} reads columns by position; write a workbook instead")
    text = io.StringIO(newline="")
    text.write("\n" * how.header.skip)
    csv.writer(text, delimiter=how.delimiter, lineterminator="\r\n").writerow(names)
    return text.getvalue().encode(how.encoding)
