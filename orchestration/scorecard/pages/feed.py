"""List the entries of the Atom feed of corrections: what the office has said, and figures of editions that are others now.

`templates/corrections.atom` lays them out (RFC 4287). Add further kinds of entries to `corrections_feed`; an id never changes,
so that no reader shows an entry twice.
"""

from __future__ import annotations

import datetime as dt
import uuid
from dataclasses import dataclass

from orchestration.scorecard.release_data.read_release import ReleaseData
from orchestration.scorecard.words.change_texts import in_words
from orchestration.scorecard.words.figures import Count
from orchestration.scorecard.words.texts import Texts

FEED = "corrections.atom"


@dataclass(frozen=True)
class Entry:
    """An entry of a feed; its texts are plain."""

    id: str
    title: str
    updated: str
    measure_id: str
    text: str


@dataclass(frozen=True)
class Feed:
    """A feed, the newest entry first."""

    id: str
    updated: str
    entries: tuple[Entry, ...]


def corrections_feed(data: ReleaseData, texts: Texts) -> Feed:
    """Return the feed of corrections and revisions in one language."""
    entries = [
        Entry(
            _id(row["release_id"], row["measure_id"], row["what"]),
            _title(row["edition"], row["measure_id"], data, texts),
            _moment(row["at"]),
            row["measure_id"],
            in_words(row, texts).striptags(),
        )
        for row in data.said_corrections
    ]
    for row in data.revised_editions:
        day = row["revised_on"] or data.about["created_at"].date()
        entries.append(
            Entry(
                _id(row["release_id"], row["measure_id"], day.isoformat()),
                _title(row["edition"], row["measure_id"], data, texts),
                _moment(dt.datetime.combine(day, dt.time())),
                row["measure_id"],
                texts.plain("sentence.edition_was_revised", number=Count(row["figures"])),
            )
        )
    entries.sort(key=lambda entry: (entry.updated, entry.id), reverse=True)
    updated = entries[0].updated if entries else _moment(data.about["created_at"])
    return Feed(_id(data.city, FEED, texts.language), updated, tuple(entries))


def _title(edition: str, measure_id: str, data: ReleaseData, texts: Texts) -> str:
    name = texts.plain(f"measure.{measure_id}") if measure_id in data.measures else measure_id
    return f"{texts.plain('page.edition_label', label=edition)}: {name}"


def _id(*parts: str) -> str:
    return uuid.uuid5(uuid.NAMESPACE_URL, "/".join(parts)).urn


def _moment(at: dt.datetime) -> str:
    return f"{at.replace(microsecond=0, tzinfo=None).isoformat()}Z"
