"""Write the site of many cities: pages in each language, and one on which readers choose; put it in place at once."""

from __future__ import annotations

import json
import math
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import partial
from operator import attrgetter
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from markupsafe import Markup

from orchestration.figures import gap_decimals
from orchestration.scorecard.folders import NEXT, before_of, repair, replace_folder, save, set_modes
from orchestration.scorecard.pages.page_list import Page
from orchestration.scorecard.pages.render import TEMPLATES, Surroundings, originals, rendered, rendered_start
from orchestration.scorecard.release_data.open_release import Record, grouped
from orchestration.scorecard.release_data.read_release import WORSE
from orchestration.scorecard.site import FILE_MODE, FOLDER_MODE, INDEX, MADE_FROM, STYLE, Site
from orchestration.scorecard.union.read_union import Union, read_union
from orchestration.scorecard.words.figures import Cell, Count, SignedNumber, Times, span
from orchestration.scorecard.words.sentences import group
from orchestration.scorecard.words.texts import (
    Name,
    Part,
    Period,
    Texts,
    day,
    group_name,
    texts_by_language,
    with_installed_texts,
)
from warehouse.fingerprint import file_sha256

FEWEST = 2  # cities with a gap that make a page
SIZES = (3, 4.5, 6)  # of the points, by thirds of the gaps
RATIO = "ratio"
# Albers' conic projection that maps of the United States use (Snyder 1987, Map projections, p. 98): standard parallels, origin
PARALLELS, ORIGIN = (29.5, 45.5), (37.5, -96.0)
LEFT, RIGHT, TOP, BOTTOM = -0.385, 0.365, 0.245, -0.235  # of the contiguous states, in radians of the sphere
# states drawn below the south-west: the corner of their box in percent, and the corner of the box in degrees and its size
INSETS = {"02": ((2.0, 80.0), (-170.0, 72.0), (40.0, 20.0)), "15": ((20.0, 80.0), (-160.5, 22.5), (6.0, 4.0))}
INSET = (14.0, 12.0)  # percent of the map
LABELS = {"02": (2.0, 97.0, "AK"), "15": (20.0, 97.0, "HI")}


def union_pages(union: Union, texts: Texts) -> Iterator[Page]:
    """Yield every page of one language."""
    gaps = {measure: _by_group(rows) for measure, rows in union.rows.items()}
    listed = {measure: groups for measure, groups in gaps.items() if groups}
    paths = {measure: {code: _path(measure, code, groups) for code in groups} for measure, groups in listed.items()}
    areas: dict[str, list[Any]] = defaultdict(list)
    for measure, groups in listed.items():
        areas[union.rows[measure][0].policy_area].append(
            (measure, [(paths[measure][code], _gap_of(groups[code][0])) for code in groups])
        )
    cities = sorted(union.cities.values(), key=lambda city: (city.name.casefold(), city.city))
    title = texts.plain("page.cities_compared")
    yield Page("index.html", "union_home.html", title, {"areas": dict(sorted(areas.items())), "letters": _by_letter(cities)})
    for measure, groups in listed.items():
        tabs = [(paths[measure][code], _gap_of(own[0])) for code, own in groups.items()]
        for code, own in groups.items():
            content = _measure(measure, own, union, cities, texts) | {"tabs": tabs}
            title = f"{texts.plain(f'measure_question.{measure}')} {texts.plain('page.gap_of', **_gap_of(own[0]))}"
            yield Page(paths[measure][code], "union_measure.html", title, content)
    of_city = grouped((row for rows in union.rows.values() for row in rows), attrgetter("city"))
    for city in cities:
        content = _city(city, grouped(of_city[city.city], attrgetter("measure_id")), paths, union, texts)
        yield Page(f"cities/{city.city}.html", "union_city.html", city.name, content)


def _by_group(rows: Sequence[Record]) -> dict[str, list[Record]]:
    """Return the rows of each group that enough cities compare, the group of most cities first."""
    of_groups = (row for row in rows if row.reference_code and row.race_ethnicity_code not in ("all", row.reference_code))
    found = grouped(of_groups, attrgetter("race_ethnicity_code"))
    counts = {code: sum(row.gap is not None and row.is_of_common_period for row in own) for code, own in found.items()}
    chosen = sorted((code for code in found if counts[code] >= FEWEST), key=lambda code: (found[code][0].group_order, code))
    return {code: found[code] for code in chosen}


def _path(measure: str, code: str, groups: Mapping[str, Any]) -> str:
    return f"measures/{measure}.html" if code == next(iter(groups)) else f"measures/{measure}-{code}.html"


def _gap_of(row: Record) -> dict[str, Part]:
    return {"group": Name("race_ethnicity", row.race_ethnicity_code), "reference": group_name(row.reference_code)}


def _by_letter(cities: Iterable[Record]) -> dict[str, list[Record]]:
    return grouped(cities, lambda city: city.name[:1].upper())


def _measure(measure: str, rows: Sequence[Record], union: Union, cities: Sequence[Record], texts: Texts) -> dict[str, Any]:
    """The page of one gap: sentences with counts, the map, and a line per city by its first letter."""
    by_city = {row.city: row for row in rows}
    compared = [row for row in rows if row.gap is not None and row.is_of_common_period]
    common = compared[0]
    words = Counter(row.clear_word for row in compared)
    sentences = [texts("sentence.cities_with_gap", count=Count(len(compared)), total=Count(len(cities)))]
    parts = {"count": Count(words["higher"]), "total": Count(words["lower"])}
    sentences += [texts("sentence.cities_clear", **_gap_of(common), **parts)]
    sentences += [texts("sentence.cities_unclear", count=Count(words[None]))]
    if not any(row.has_peers for row in rows):
        sentences += [texts("sentence.cities_own_records")]
    lines = {
        letter: [(city, _in_city(by_city.get(city.city), texts)) for city in own] for letter, own in _by_letter(cities).items()
    }
    points, unplaced = _points(compared, union.cities)
    return {
        "measure": measure,
        "area": common.policy_area,
        "gap": _gap_of(common),
        "unit": common.unit,
        "is_ratio": common.gap_kind == RATIO,
        "period": Period(common.period_type, common.period_start, common.period_end),
        "sentences": sentences,
        "cautions": sorted({why for row in rows for why in (row.caution, row.reference_caution) if why}),
        "letters": lines,
        "points": points,
        "insets": [at for state, at in LABELS.items() if any(row.place_geoid.startswith(state) for row in compared)],
        "unplaced": unplaced,
        "has_direction": common.favourable_direction in WORSE,
        "attribution": union.attributions.get(measure),
    }


def _in_city(row: Record | None, texts: Texts) -> dict[str, Any] | None:
    """Both figures and the gap of a city; of another period than most cities have, without the gap."""
    if row is None:
        return None
    return _line(row, texts, row.is_of_common_period) | {
        "other": _figure(row.reference_value, row.unit, texts),
        "other_range": texts.put(span(row.reference_ci_low, row.reference_ci_high, partial(SignedNumber, unit=row.unit))),
        "other_caution": row.reference_caution,
        "period": None if row.is_of_common_period else Period(row.period_type, row.period_start, row.period_end),
    }


def _figure(value: float | None, unit: str, texts: Texts) -> Markup | None:
    return None if value is None else Cell(value, unit)(texts)


def _line(row: Record, texts: Texts, has_gap: bool = True) -> dict[str, Any]:
    """A figure and its gap, each with its range; a figure that is not shown has its reason."""
    signed, places = partial(SignedNumber, unit=row.unit), gap_decimals(row.unit, row.value, row.reference_value)
    write: Callable[[float], Part] = Times if row.gap_kind == RATIO else partial(signed, places=places)
    gap = row.gap if has_gap else None
    return {
        "figure": _figure(row.value, row.unit, texts),
        "range": texts.put(span(row.ci_low, row.ci_high, signed)),
        "caution": row.caution,
        "status": None if row.value is not None else f"status.{row.status_code}",
        "gap": None if gap is None else write(gap)(texts),
        "gap_range": None if gap is None else texts.put(span(row.gap_low, row.gap_high, write)),
        "middle": None if gap is None or row.peers_median_gap is None else write(row.peers_median_gap)(texts),
    }


def _points(rows: Sequence[Record], cities: Mapping[str, Record]) -> tuple[dict[str, list[Any]], int]:
    """Return by sign where each gap is drawn and its size, the largest first; and how many cities have no known place."""
    sizes = {row.city: abs(math.log(row.gap) if row.gap_kind == RATIO and row.gap else row.gap or 0.0) for row in rows}
    order = sorted(sizes.values())
    ends = [order[len(order) * third // 3] for third in (1, 2)]
    found: dict[str, list[Any]] = {"dot": [], "ring": [], "square": []}
    for row in sorted(rows, key=lambda row: (-sizes[row.city], row.city)):
        city = cities[row.city]
        if city.point is None:
            continue
        word = row.clear_word
        kind = "ring" if not word else "square" if WORSE.get(row.favourable_direction, word) != word else "dot"
        size = SIZES[sum(sizes[row.city] >= end for end in ends)]
        found[kind].append((*_position(city.geoid, *city.point), size, city.name.split(",")[0]))
    return found, sum(cities[row.city].point is None for row in rows)


def _position(geoid: str, latitude: float, longitude: float) -> tuple[float, float]:
    """Return the point in percent of the map, from its left and its top."""
    if inset := INSETS.get(geoid[:2]):
        (left, top), (west, north), (width, height) = inset
        return round(left + INSET[0] * (longitude - west) / width, 1), round(top + INSET[1] * (north - latitude) / height, 1)
    first, second, at = (math.radians(each) for each in (*PARALLELS, latitude))
    n = (math.sin(first) + math.sin(second)) / 2
    c = math.cos(first) ** 2 + 2 * n * math.sin(first)
    radius, origin = (math.sqrt(c - 2 * n * math.sin(angle)) / n for angle in (at, math.radians(ORIGIN[0])))
    turn = n * math.radians(longitude - ORIGIN[1])
    x, y = radius * math.sin(turn), origin - radius * math.cos(turn)
    return round(100 * (x - LEFT) / (RIGHT - LEFT), 1), round(100 * (TOP - y) / (TOP - BOTTOM), 1)


def _city(
    city: Record, measures: Mapping[str, Sequence[Record]], paths: Mapping[str, Mapping[str, str]], union: Union, texts: Texts
) -> dict[str, Any]:
    """The page of a city: its figures by measure and group, next to the middle of like cities, and the cities that these are."""
    found = []
    for measure, all_rows in measures.items():
        groups = [row for row in all_rows if row.status_code != "not_recorded"]
        if not any(row.value is not None for row in groups):
            continue
        pages = paths.get(measure, {})
        lines = [
            _line(row, texts) | {"label": group(row), "page": pages.get(row.race_ethnicity_code), "rank": row.rank}
            for row in groups
        ]
        first = next((row for row in groups if row.reference_code), groups[0])
        found.append({
            "measure": measure,
            "unit": first.unit,
            "is_ratio": first.gap_kind == RATIO,
            "reference": group_name(first.reference_code) if any(row.gap is not None for row in groups) else None,
            "period": Period(first.period_type, first.period_start, first.period_end),
            "lines": lines,
        })  # fmt: skip
    peers = sorted((union.cities[name] for name in city.peers), key=lambda peer: (peer.name.casefold(), peer.city))
    silent = [Name("measure", measure) for measure, rows in measures.items() if all(row.value is None for row in rows)]
    return {"place": city, "found": found, "peers": peers, "silent": silent}


def write_union_site(file: Path, folder: Path) -> Site:
    """Write the site about the united file into `folder`; an old site there stays until the new one is complete."""
    union = read_union(file)
    languages = texts_by_language(with_installed_texts(union.texts, union.languages), union.languages, union.languages)
    folder.parent.mkdir(parents=True, exist_ok=True)
    repair(folder)
    with TemporaryDirectory(prefix=NEXT, dir=folder.parent, ignore_cleanup_errors=True) as name:
        building = Path(name)
        for path, html in _pages(union, languages):
            save(building / path, html)
        pages = sum(1 for _ in building.rglob("*.html"))
        save(building / STYLE, (TEMPLATES / STYLE).read_text(encoding="utf-8"))
        save(building / MADE_FROM, json.dumps({"united_file": file_sha256(file)}) + "\n")
        size = sum(path.stat().st_size for path in building.rglob("*") if path.is_file())
        set_modes(building, FOLDER_MODE, FILE_MODE)
        replace_folder(folder, building, before_of(folder))
    missing = {language: len(texts.untranslated) for language, texts in languages.items() if texts.untranslated}
    return Site(folder / INDEX, "", pages, size, missing)


def _pages(union: Union, languages: dict[str, Texts]) -> Iterator[tuple[str, str]]:
    number, around = Count(len(union.cities)), Surroundings()
    shared = {
        "languages": languages,
        "robots": around.robots,
        "is_internal": False,
        "edition": None,
        "main_pages": [("index.html", "home")],
        "cities": union.cities,
        "updated": day(max(city.released_on for city in union.cities.values())),
        "day": day,
    }
    for language, texts in languages.items():
        listed = ((page, None) for page in union_pages(union, texts))
        shared["city"] = texts.plain("page.count_cities", count=number)
        for page, html, _ in rendered(listed, shared, texts):
            yield f"{language}/{page.path}", html
    yield INDEX, rendered_start(originals(languages).plain("page.count_cities", count=number), languages, around)
