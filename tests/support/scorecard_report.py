"""Read a report: its marks of PDF/UA-1, the alternative texts of its figures, and the numbers of its charts."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from pypdf import PdfReader
from pypdf.generic import ArrayObject, DictionaryObject

from tests.support.scorecard_pages import parsed
from warehouse.connection import run_query

# names in the language, else in English
FIGURES = """
    with names as (
        select text_id, coalesce(max(text) filter (language = '{0}'), max(text) filter (language = 'en')) as text
        from published.texts group by text_id
    )
    select measures.text as measure, groups.text as group_name, rows.value
    from published.scorecard as rows
    inner join names as measures on measures.text_id = concat('measure.', rows.measure_id)
    inner join names as groups on groups.text_id = case rows.race_ethnicity_code
        when 'all' then 'reference_group.overall' else concat('race_ethnicity.', rows.race_ethnicity_code) end
    where rows.is_featured and not rows.is_stand_in and rows.status_code in ('shown', 'zero')
"""


def structure(pdf: PdfReader) -> Iterator[DictionaryObject]:
    """The elements of the structure tree, from the top."""
    waiting: list[Any] = [pdf.trailer["/Root"]["/StructTreeRoot"]]
    while waiting:
        element = waiting.pop()
        element = element.get_object() if hasattr(element, "get_object") else element
        if isinstance(element, ArrayObject):
            waiting += reversed(element)
        elif isinstance(element, DictionaryObject):
            yield element
            if "/K" in element:
                waiting.append(element["/K"])


def alternative_texts(pdf: PdfReader) -> list[str]:
    """The alternative texts of all figures, in reading order."""
    return [str(element.get("/Alt", "")) for element in structure(pdf) if element.get("/S") == "/Figure"]


def ua_problems(path: Path, language: str) -> list[str]:
    """What a tagged PDF/UA-1 file must have and this one lacks."""
    pdf = PdfReader(path)
    root: Any = pdf.trailer["/Root"]
    tags = [element.get("/S") for element in structure(pdf)]
    found = {
        "the mark of PDF/UA-1": b"<pdfuaid:part>1</pdfuaid:part>" in root["/Metadata"].get_data(),
        "tags": root["/MarkInfo"].get("/Marked") is not None and bool(root["/MarkInfo"]["/Marked"]),
        "its language": root.get("/Lang") == language,
        "a title to display": bool(pdf.metadata and pdf.metadata.title) and bool(root["/ViewerPreferences"]["/DisplayDocTitle"]),
        "headings": {"/H1", "/H2"} <= set(tags),
        "alternative texts": bool(alternative_texts(pdf)) and all(alternative_texts(pdf)),
    }
    return [name for name, is_there in found.items() if not is_there]


def check_charts(path: Path, public_file: Path, language: str) -> int:
    """Compare the figures of charts, written and in alternative texts, with the public file; the number of figures."""
    pdf = PdfReader(path)
    written = re.sub(r"\s+", " ", " ".join(page.extract_text() for page in pdf.pages))
    expected: dict[str, dict[str, float]] = {}
    for row in run_query(public_file, FIGURES.format(language), 60).to_pylist():
        expected.setdefault(row["measure"], {})[row["group_name"]] = row["value"]
    compared = 0
    for text in alternative_texts(pdf):
        measure = max((name for name in expected if text.startswith(f"{name}, ")), key=len, default=None)
        if measure is None:
            continue  # of a goal
        for group, value in expected[measure].items():
            part = re.search(rf"(?:: |; ){re.escape(group)}: (.+?)(?= \(|; |\.$)", text)
            if part is None:
                continue  # a group that the chart leaves out
            [(number, tolerance)] = parsed(part[1], language)
            scale = 1e6 if re.search(r" (million|millones|lab)\b", part[1]) else 1.0
            assert abs(number * scale - value) <= tolerance * scale, f"{path}: {measure}, {group}: {part[1]} for {value}"
            assert part[1] in written, f"{path}: {part[1]} is only in the alternative text"
            compared += 1
    return compared
