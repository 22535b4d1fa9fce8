"""Describe the figures for catalogues of data: DCAT-US 1.1 in `data.json`, which open data portals harvest.

`templates/dataset.html` gives search engines the same in schema.org's words, as microdata: JSON-LD is a script.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from orchestration.scorecard.contact import Contact
from orchestration.scorecard.release_data.read_release import Measure, ReleaseData
from orchestration.scorecard.words.texts import Texts

SCHEMA = "https://project-open-data.cio.gov/v1.1/schema"
FORMATS = {
    "csv": "text/csv",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "json": "application/json",
}
FILES = {
    "levelground_public.duckdb": ("DuckDB", "application/vnd.duckdb"),
    "exports/scorecard.parquet": ("Parquet", "application/vnd.apache.parquet"),
    "exports/datapackage.json": ("Data package", "application/json"),
}


def catalogue(data: ReleaseData, texts: Texts, contact: Contact) -> str:
    """Return the catalogue: a dataset per measure with figures, and one of the whole release where its files are served."""
    title = f"{texts.plain('page.title')}, {data.city}"
    office = contact.office or data.city
    common: dict[str, Any] = {
        "@type": "dcat:Dataset",
        "accessLevel": "public",
        "contactPoint": {"@type": "vcard:Contact", "fn": office, "hasEmail": f"mailto:{contact.email}"},
        "publisher": {"@type": "org:Organization", "name": office},
        "modified": data.about["created_at"].date().isoformat(),
        "spatial": data.city,
        "language": ["en-US"],
    }
    datasets = [common | _dataset(one, texts, contact, data.city) for one in data.measures.values() if one.is_answered]
    if contact.files:
        whole = {
            "title": title,
            "description": texts.plain("page.subtitle"),
            "identifier": contact.base,
            "landingPage": f"{contact.base}{texts.language}/data.html",
            "keyword": _keywords(data.city),
            "distribution": [_distribution(f"{contact.files}/{path}", *kind) for path, kind in FILES.items()],
        }
        datasets.insert(0, common | whole)
    found = {
        "@context": f"{SCHEMA}/catalog.jsonld",
        "@id": f"{contact.base}data.json",
        "@type": "dcat:Catalog",
        "conformsTo": SCHEMA,
        "describedBy": f"{SCHEMA}/catalog.json",
        "dataset": datasets,
    }
    return json.dumps(found, indent=1, ensure_ascii=False) + "\n"


def _dataset(measure: Measure, texts: Texts, contact: Contact, city: str) -> dict[str, Any]:
    code = measure.measure_id
    page = f"{contact.base}{texts.language}/measures/{code}.html"
    described = [texts.plain(f"measure_question.{code}"), str(measure.about["public_caveat"] or "")]
    found: dict[str, Any] = {
        "title": f"{texts.plain(f'measure.{code}')}, {city}",
        "description": " ".join(part for part in described if part),
        "identifier": page,
        "landingPage": page,
        "keyword": [texts.plain(f"policy_area.{measure.policy_area}"), *_keywords(city)],
        "theme": [texts.plain(f"policy_area.{measure.policy_area}")],
        "distribution": [
            _distribution(f"{contact.base}downloads/{code}.{ending}", ending.upper(), kind) for ending, kind in FORMATS.items()
        ],
    }
    if years := period_of(measure):
        found["temporal"] = years
    if str(measure.about["licence_id"] or "").startswith("CC"):
        found["license"] = f"https://spdx.org/licenses/{measure.about['licence_id']}.html"
    return found


def period_of(measure: Measure) -> str:
    """Return the time of the figures as ISO 8601 writes it; empty without figures."""
    rows = [row for row in (*measure.series, *measure.districts) if row.is_shown]
    return f"{min(row.period_start for row in rows)}/{max(row.period_end for row in rows)}" if rows else ""


def _keywords(city: str) -> list[str]:
    return ["racial equity", "race and ethnicity", city]


def _distribution(address: str, title: str, media_type: str) -> Mapping[str, str]:
    return {"@type": "dcat:Distribution", "title": title, "downloadURL": address, "mediaType": media_type, "format": title}
