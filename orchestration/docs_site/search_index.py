"""Collect what the search of the site finds: measures, tables, columns, sources and sections of guides, with their texts."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TypedDict

from orchestration.docs_site.catalogue import Measure, Source, Table
from orchestration.docs_site.guides import Guide
from warehouse.releases import VIEW_SCHEMAS

# A longer text finds little more, and all texts are part of the page of the search.
CHARACTERS = 400


class Entry(TypedDict):
    """One thing to find: its kind, its name, where it is, and the text in which words are searched."""

    kind: str
    name: str
    url: str
    text: str


def entries(
    measures: Iterable[Measure], tables: Iterable[Table], sources: Iterable[Source], guides: Iterable[Guide]
) -> list[Entry]:
    """Return every entry, in the order in which equally good ones are listed."""
    found = [*_measures(measures), *_tables(tables), *_sources(sources), *_guides(guides)]
    return [{**entry, "text": " ".join(entry["text"].split())[:CHARACTERS]} for entry in found]


def _measures(measures: Iterable[Measure]) -> Iterator[Entry]:
    for measure in measures:
        row = measure.row
        text = f"{row['measure_id']}. {row['question']} {row['definition']} {row['caveat']}"
        yield {"kind": "measure", "name": str(row["name"]), "url": measure.page, "text": text}


def _tables(tables: Iterable[Table]) -> Iterator[Entry]:
    for table in tables:
        name = f"{table.schema}.{table.name}"
        yield {"kind": "table", "name": name, "url": table.page, "text": table.description}
        if table.schema in VIEW_SCHEMAS:
            continue  # their columns are those of tables, and would be found twice
        for column, _type, description in table.columns:
            yield {"kind": "column", "name": f"{name}.{column}", "url": f"{table.page}#{column}", "text": description}


def _sources(sources: Iterable[Source]) -> Iterator[Entry]:
    for source in sources:
        contract = source.contract
        text = f"{contract.source}. {contract.grain}. {', '.join(column.name for column in contract.columns)}"
        yield {"kind": "source", "name": contract.title, "url": f"sources/{contract.source}.html", "text": text}


def _guides(guides: Iterable[Guide]) -> Iterator[Entry]:
    for guide in guides:
        kind = "decision" if guide.is_decision else "guide"
        for section in guide.sections:
            name = section.heading if section.heading == guide.title else f"{guide.title}: {section.heading}"
            url = f"{guide.path}#{section.anchor}" if section.anchor else guide.path
            yield {"kind": kind, "name": name, "url": url, "text": section.text}
