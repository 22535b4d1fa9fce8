"""List the entries of two Atom feeds: corrections alone, and all news, which are releases, editions and changed measures, too.

`templates/feed.atom` lays them out (RFC 4287). An id never changes, so that no reader shows an entry twice.
"""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Iterable
from dataclasses import dataclass

from orchestration.scorecard.editions import Edition
from orchestration.scorecard.release_data.read_release import ReleaseData
from orchestration.scorecard.words.change_texts import Correction, in_words
from orchestration.scorecard.words.figures import Count
from orchestration.scorecard.words.texts import Texts, day

FEED, NEWS = "corrections.atom", "news.atom"


@dataclass(frozen=True)
class Entry:
    """An entry of a feed; its texts are plain."""

    id: str
    title: str
    updated: str
    path: str  # of its page, below the folder of the language
    text: str


@dataclass(frozen=True)
class Feed:
    """A feed, the newest entry first."""

    id: str
    updated: str
    entries: tuple[Entry, ...]
    file: str


def corrections_feed(data: ReleaseData, texts: Texts) -> Feed:
    """Return the feed of corrections and revisions in one language."""
    entries = [
        Entry(
            _id(row["release_id"], row["measure_id"], row["what"]),
            _title(row["edition"], row["measure_id"], data, texts),
            _moment(row["at"]),
            _page(row["measure_id"], data),
            in_words(row, texts).striptags(),
        )
        for row in data.said_corrections
    ]
    for row in data.revised_editions:
        on = row["revised_on"] or data.about["created_at"].date()
        entries.append(
            Entry(
                _id(row["release_id"], row["measure_id"], on.isoformat()),
                _title(row["edition"], row["measure_id"], data, texts),
                _moment(dt.datetime.combine(on, dt.time())),
                _page(row["measure_id"], data),
                texts.plain("sentence.edition_was_revised", number=Count(row["figures"])),
            )
        )
    return _feed(FEED, entries, data, texts)


def news_feed(data: ReleaseData, texts: Texts, editions: Iterable[Edition], changed: Iterable[Correction]) -> Feed:
    """Return the feed of the release, of editions, and of what `corrections_feed` has, with measures changed since an edition."""
    released: dt.datetime = data.about["created_at"]
    about = texts.plain("sentence.from_release", release=data.about["release_id"], date=day(released.date()))
    entries = [
        Entry(_id(data.about["release_id"]), texts.plain("page.new_release"), _moment(released), "corrections.html", about)
    ]
    for edition in editions:
        name = texts.plain("page.edition_label", label=edition.label)
        on = _moment(dt.datetime.combine(edition.day, dt.time()))
        entries.append(Entry(_id(edition.release_id, edition.label), name, on, "editions.html", name))
    for one in changed:
        code = one.measure.measure_id
        kinds = [f"{kind.striptags()}: {count}" for kind, count in one.counts]
        kinds += [f"{texts.plain('page.new_periods')}: {one.new_periods.striptags()}"] if one.new_periods else []
        title = texts.plain(f"measure.{code}")
        entries.append(Entry(_id(data.about["release_id"], code), title, _moment(released), _page(code, data), "; ".join(kinds)))
    return _feed(NEWS, [*entries, *corrections_feed(data, texts).entries], data, texts)


def _feed(file: str, entries: list[Entry], data: ReleaseData, texts: Texts) -> Feed:
    ordered = sorted(entries, key=lambda entry: (entry.updated, entry.id), reverse=True)
    updated = ordered[0].updated if ordered else _moment(data.about["created_at"])
    return Feed(_id(data.city, file, texts.language), updated, tuple(ordered), file)


def _page(measure_id: str, data: ReleaseData) -> str:
    return f"measures/{measure_id}.html" if measure_id in data.measures else "corrections.html"


def _title(edition: str, measure_id: str, data: ReleaseData, texts: Texts) -> str:
    name = texts.plain(f"measure.{measure_id}") if measure_id in data.measures else measure_id
    return f"{texts.plain('page.edition_label', label=edition)}: {name}"


def _id(*parts: str) -> str:
    return uuid.uuid5(uuid.NAMESPACE_URL, "/".join(parts)).urn


def _moment(at: dt.datetime) -> str:
    return f"{at.replace(microsecond=0, tzinfo=None).isoformat()}Z"
