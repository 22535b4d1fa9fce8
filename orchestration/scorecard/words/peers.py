"""Put the gaps of the city into words, next to those of cities of like size, as far as their ranges allow."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

from markupsafe import Markup

from orchestration.scorecard.pages.charts import axis, ticks
from orchestration.scorecard.release_data.read_release import Measure, ReleaseData
from orchestration.scorecard.words.figures import Count, Points, SignedNumber, Times
from orchestration.scorecard.words.sentences import marked
from orchestration.scorecard.words.texts import Name, Part, Texts

FEWEST = 20  # cities of a strip
BIN = 2.6  # percent of its width


def peers(measure: Measure, data: ReleaseData, texts: Texts) -> list[list[Markup]]:
    """Return the sentences of each group with a gap."""
    unit = str(measure.about["unit"])
    return [
        [_gap(row, unit, data.city, texts), *_counts(row, texts), *_rank(row, data.city, texts)]
        for row in measure.peers
        if row["gap"] is not None and row["peers_median_gap"] is not None
    ]


def strip(measure: Measure, texts: Texts) -> Mapping[str, Any] | None:
    """Return where to draw the widest gap among those of other cities; None below 20 cities or without ranges."""
    rows = [row for row in measure.peers if row["gap_ci_low"] is not None and len(row.get("others") or ()) >= FEWEST]
    if not rows:
        return None
    unit, row = str(measure.about["unit"]), max(rows, key=lambda row: abs(row["gap"]))
    is_ratio = row.get("gap_ratio") is not None and row["gap_ratio_ci_low"] is not None
    names = ("gap_ratio", "gap_ratio_ci_low", "gap_ratio_ci_high") if is_ratio else ("gap", "gap_ci_low", "gap_ci_high")
    cities = sorted((one for one in row["others"] if one[names[0]] is not None), key=lambda one: (one[names[0]], one["place"]))
    value, low, high = (row[name] for name in names)
    middle = row["peers_median_ratio" if is_ratio else "peers_median_gap"]
    scale = axis([*(one[names[0]] for one in cities), value, low, high, 1.0 if is_ratio else 0.0])
    if scale is None or len(cities) < FEWEST:
        return None
    stacked: Counter[int] = Counter()
    circles = []
    for one in cities:
        place = int(scale.at(one[names[0]]) / BIN)
        circles.append((round((place + 0.5) * BIN, 1), stacked[place], one["place"]))
        stacked[place] += 1

    write: Callable[[float], Part] = Times if is_ratio else partial(SignedNumber, unit=unit)
    return {
        "group": Name("race_ethnicity", row["race_ethnicity_code"])(texts),
        "reference": Name("race_ethnicity", row["reference_code"])(texts),
        "unit": texts("page.as_ratio" if is_ratio else "page.difference_points" if unit == "percent" else "page.difference"),
        "ticks": ticks(scale, write, texts),
        "circles": circles,
        "height": max(stacked.values()),
        "own": (scale.at(value), scale.at(low), scale.at(high)),
        "middle": None if middle is None else scale.at(middle),
        "table": [(one["place"], *(write(one[name] or 0.0)(texts) for name in names)) for one in cities],
        "city": tuple(write(one or 0.0)(texts) for one in (value, low, high)),
    }


def _gap(row: Mapping[str, Any], unit: str, city: str, texts: Texts) -> Markup:
    groups = {
        "group": Name("race_ethnicity", row["race_ethnicity_code"]),
        "reference": Name("race_ethnicity", row["reference_code"]),
    }
    if row.get("gap_ratio") is not None and row["peers_median_ratio"] is not None:
        ratios = {"gap": Times(row["gap_ratio"]), "figure": Times(row["peers_median_ratio"])}
        sentence = texts("sentence.peer_ratio", place=city, **ratios, **groups)
    else:
        gap, middle = (Points(row[name], unit, is_signed=True) for name in ("gap", "peers_median_gap"))
        sentence = texts("sentence.peer_gap", gap=gap, figure=middle, place=city, **groups)
    return marked(sentence, row["is_hidden_in_public"], texts)


def _counts(row: Mapping[str, Any], texts: Texts) -> list[Markup]:
    """How many cities have a clearly narrower or wider gap. Releases of earlier versions do not count them."""
    if row.get("peers_narrower") is None:
        return []
    narrower, wider, reversed_ = (row[f"peers_{word}"] for word in ("narrower", "wider", "reversed"))
    unclear = row["peers"] - narrower - wider - reversed_
    sentences = [
        texts("sentence.peers_narrower", peers=Count(row["peers"]), narrower=Count(narrower)),
        texts("sentence.peers_wider", wider=Count(wider), unclear=Count(unclear)),
    ]
    return [*sentences, texts("sentence.peers_reversed", count=Count(reversed_))] if reversed_ else sentences


def _rank(row: Mapping[str, Any], city: str, texts: Texts) -> list[Markup]:
    """The rank where the ranges allow one, else why there is none."""
    if row["rank_low"] is None:
        return [texts("sentence.peers_no_range")] if row["gap_ci_low"] is None else []
    if row.get("is_rank_shown") is None:  # a release of an earlier version
        return []
    if row["is_rank_shown"]:
        return [texts("sentence.peer_rank", place=city, low=Count(row["rank_low"]), high=Count(row["rank_high"]))]
    return [texts("sentence.peer_rank_unclear", place=city)]
