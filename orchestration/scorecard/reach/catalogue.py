"""Describe the figures for catalogues of data, DCAT-US 1.1 in `data.json`, and write feeds of what is new.

`templates/dataset.html` gives search engines the same in schema.org's words, as microdata: JSON-LD is a script.
"""

from __future__ import annotations

import datetime as dt
import json
import uuid
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from orchestration.scorecard.contact import Contact
from orchestration.scorecard.editions import Edition
from orchestration.scorecard.release_data.open_release import Record
from orchestration.scorecard.release_data.read_release import Measure, ReleaseData
from orchestration.scorecard.words.change_texts import in_words
from orchestration.scorecard.words.figures import Count
from orchestration.scorecard.words.texts import Texts, day

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


FEED, NEWS = "corrections.atom", "news.atom"


def corrections_feed(data: ReleaseData, texts: Texts) -> Record:
    """Return the feed of corrections and revisions in one language."""
    found = [(row, row.what, row.at, in_words(row, texts).striptags()) for row in data.said_corrections]
    for row in data.revised_editions:
        on = row.revised_on or data.about["created_at"].date()
        found.append((row, on.isoformat(), on, texts.plain("sentence.edition_was_revised", number=Count(row.figures))))
    entries = []
    for row, what, at, said in found:
        code, label = row.measure_id, texts.plain("page.edition_label", label=row.edition)
        is_known = code in data.measures
        path = f"measures/{code}.html" if is_known else "corrections.html"
        title = f"{label}: {texts.plain(f'measure.{code}') if is_known else code}"
        entries.append(_entry((row.release_id, code, what), title, at, path, said))
    return _feed(FEED, entries, data, texts)


def news_feed(data: ReleaseData, texts: Texts, editions: Iterable[Edition], changed: Iterable[Record]) -> Record:
    """Return the feed of the release, of editions, and of what `corrections_feed` has, with measures changed since an edition."""
    release_id, released = data.about["release_id"], data.about["created_at"]
    about = texts.plain("sentence.from_release", release=release_id, date=day(released.date()))
    entries = [_entry((release_id,), texts.plain("page.new_release"), released, "corrections.html", about)]
    for edition in editions:
        name = texts.plain("page.edition_label", label=edition.label)
        entries.append(_entry((edition.release_id, edition.label), name, edition.day, "editions.html", name))
    for one in changed:
        code = one.measure.measure_id
        kinds = [f"{kind.striptags()}: {count}" for kind, count in one.counts]
        kinds += [f"{texts.plain('page.new_periods')}: {one.new_periods.striptags()}"] if one.new_periods else []
        title, path = texts.plain(f"measure.{code}"), f"measures/{code}.html"
        entries.append(_entry((release_id, code), title, released, path, "; ".join(kinds)))
    return _feed(NEWS, [*entries, *corrections_feed(data, texts).entries], data, texts)


def _entry(key: Sequence[str], title: str, at: dt.date, path: str, text: str) -> Record:
    """An entry of a feed, in plain text. `path`: of its page, below the folder of the language."""
    return Record(id=_id(*key), title=title, updated=_moment(at), path=path, text=text)


def _feed(file: str, entries: list[Record], data: ReleaseData, texts: Texts) -> Record:
    """A feed, the newest entry first."""
    ordered = sorted(entries, key=lambda entry: (entry.updated, entry.id), reverse=True)
    updated = ordered[0].updated if ordered else _moment(data.about["created_at"])
    return Record(id=_id(data.city, file, texts.language), updated=updated, entries=ordered, file=file)


def _id(*parts: str) -> str:
    return uuid.uuid5(uuid.NAMESPACE_URL, "/".join(parts)).urn


def _moment(at: dt.date) -> str:
    moment = at if isinstance(at, dt.datetime) else dt.datetime.combine(at, dt.time())
    return f"{moment.replace(microsecond=0, tzinfo=None).isoformat()}Z"
