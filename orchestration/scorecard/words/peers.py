"""Put the gaps of the city into words, next to those of cities of like size, as far as their ranges allow."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from markupsafe import Markup

from orchestration.scorecard.release_data.read_release import Measure, ReleaseData
from orchestration.scorecard.words.figures import Count, Points, Times
from orchestration.scorecard.words.sentences import marked
from orchestration.scorecard.words.texts import Name, Texts


def peers(measure: Measure, data: ReleaseData, texts: Texts) -> list[list[Markup]]:
    """Return the sentences of each group with a gap."""
    unit = str(measure.about["unit"])
    return [
        [_gap(row, unit, data.city, texts), *_counts(row, texts), *_rank(row, data.city, texts)]
        for row in measure.peers
        if row["gap"] is not None and row["peers_median_gap"] is not None
    ]


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
