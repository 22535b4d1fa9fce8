"""Put the gaps of the city into words, next to those of cities of like size, as far as their ranges allow."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from typing import Any

from markupsafe import Markup

from orchestration.figures import gap_decimals
from orchestration.scorecard.pages.charts import axis, ticks
from orchestration.scorecard.release_data.open_release import Record
from orchestration.scorecard.release_data.read_release import Measure, ReleaseData
from orchestration.scorecard.words.figures import Count, Points, SignedNumber, Tick, Times
from orchestration.scorecard.words.sentences import marked
from orchestration.scorecard.words.texts import Name, Part, Texts

FEWEST = 20  # cities of a strip
BIN = 2.6  # percent of its width
GROUPS = {"group": "race_ethnicity", "reference": "reference"}
MIDDLE = {"gap": "gap", "figure": "peers_median_gap"}


def peers(measure: Measure, data: ReleaseData, texts: Texts) -> list[list[Markup]]:
    """Return the sentences of each group with a gap whose likely range is known."""
    unit = str(measure.about["unit"])
    with_gap = [row for row in measure.peers if None not in (row.gap, row.gap_ci_low, row.peers_median_gap)]
    return [list(_sentences(row, unit, data.city, texts)) for row in with_gap]


def strip(measure: Measure, texts: Texts) -> Mapping[str, Any] | None:
    """Return where to draw the widest gap among those of other cities; None below 20 cities or without ranges."""
    rows = [row for row in measure.peers if row.gap_ci_low is not None and len(row.others or ()) >= FEWEST]
    if not rows:
        return None
    unit, row = str(measure.about["unit"]), max(rows, key=lambda row: abs(row.gap))
    is_ratio = row.gap_ratio is not None and row.gap_ratio_ci_low is not None
    names = ("gap_ratio", "gap_ratio_ci_low", "gap_ratio_ci_high") if is_ratio else ("gap", "gap_ci_low", "gap_ci_high")
    cities = sorted((one for one in row.others if one[names[0]] is not None), key=lambda one: (one[names[0]], one.place))
    value, low, high = (row[name] for name in names)
    middle = row.peers_median_ratio if is_ratio else row.peers_median_gap
    scale = axis([*(one[names[0]] for one in cities), value, low, high, 1.0 if is_ratio else 0.0])
    if scale is None or len(cities) < FEWEST:
        return None
    stacked: Counter[int] = Counter()
    circles = []
    for one in cities:
        place = int(scale.at(one[names[0]]) / BIN)
        circles.append((round((place + 0.5) * BIN, 1), stacked[place], one.place))
        stacked[place] += 1

    write: Callable[[float], Part] = Times if is_ratio else partial(SignedNumber, unit=unit)
    return {
        **{name: Name("race_ethnicity", row[f"{column}_code"])(texts) for name, column in GROUPS.items()},
        "unit": texts("page.as_ratio" if is_ratio else "page.difference_points" if unit == "percent" else "page.difference"),
        "ticks": ticks(scale, partial(Tick, unit=""), texts),
        "circles": circles,
        "height": max(stacked.values()),
        "own": (scale.at(value), scale.at(low), scale.at(high)),
        "middle": None if middle is None else scale.at(middle),
        "table": [(one.place, *("–" if one[name] is None else write(one[name])(texts) for name in names)) for one in cities],
        "city": tuple(write(one or 0.0)(texts) for one in (value, low, high)),
    }


def _sentences(row: Record, unit: str, city: str, texts: Texts) -> Iterator[Markup]:
    """The gap next to the middle one, how many cities have another, and the rank where the ranges allow one, else why not.

    Releases of earlier versions neither count cities nor say whether a rank is shown.
    """
    groups = {name: Name("race_ethnicity", row[f"{column}_code"]) for name, column in GROUPS.items()}
    if row.gap_ratio is not None and row.peers_median_ratio is not None:
        kind, sizes = "ratio", {"gap": Times(row.gap_ratio), "figure": Times(row.peers_median_ratio)}
    else:
        places = gap_decimals(unit, row.value)
        kind, sizes = "gap", {name: Points(row[column], unit, is_signed=True, places=places) for name, column in MIDDLE.items()}
    yield marked(texts(f"sentence.peer_{kind}", place=city, **sizes, **groups), row.is_hidden_in_public, texts)
    if row.peers_narrower is not None:
        without = row.peers_without_range
        unclear = row.peers - row.peers_narrower - row.peers_wider - row.peers_reversed - without
        yield texts("sentence.peers_narrower", peers=Count(row.peers), narrower=Count(row.peers_narrower))
        yield texts("sentence.peers_wider", wider=Count(row.peers_wider), unclear=Count(unclear))
        if row.peers_reversed:
            yield texts("sentence.peers_reversed", count=Count(row.peers_reversed))
        if without:
            yield texts("sentence.peers_without_range", without=Count(without))
    if row.rank_low is not None and row.is_rank_shown:
        yield texts("sentence.peer_rank", place=city, low=Count(row.rank_low), high=Count(row.rank_high))
    elif row.rank_low is not None and row.is_rank_shown is not None:
        yield texts("sentence.peer_rank_unclear", place=city)
