"""Draw sentences of a site at random, each with the rows that it is about, for a reader to check.

    python -m tests.support.drawn_sentences SITE PUBLIC_FILE [SEED]

The same seed draws the same sentences: 60 in English from all policy areas in turn, 10 of them in the other languages too.
"""

from __future__ import annotations

import random
import sys
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from expectations.published.pages import ANSWER, PEERS, SENTENCE, PublicFacts
from expectations.published.reading import plain

DRAWN, IN_ALL_LANGUAGES = 60, 10
SHOWN = (
    "period", "place", "value", "ci_low", "ci_high", "range_kind", "reference_code", "rate_ratio", "rate_ratio_ci_low",
    "rate_ratio_ci_high", "compared_with_reference", "compared_reason", "trend_from", "trend", "trend_ci_low", "trend_ci_high",
    "trend_word", "reliability", "status_reason", "is_period_complete", "favourable_direction",
)  # fmt: skip
Place = tuple[str, str, int]  # page below the folder of its language, measure, number of the sentence among those of the measure


def sentences(site: Path, language: str) -> Iterator[tuple[Place, str]]:
    """The sentences about measures of one language."""
    for page in sorted((site / language).rglob("*.html")):
        content = page.read_text(encoding="utf-8")
        answers = [(measure, text) for _, measure, text in ANSWER.findall(content)] + PEERS.findall(content)
        said = [(measure, sentence) for measure, text in answers for _, sentence in SENTENCE.findall(text)]
        numbers: dict[str, int] = defaultdict(int)  # each language lists measures by its own names
        for measure, sentence in said:
            numbers[measure] += 1
            yield (str(page.relative_to(site / language)), measure, numbers[measure]), plain(sentence)


def draw(site: Path, facts: PublicFacts, seed: int) -> list[tuple[Place, str]]:
    """Take one sentence of each area in turn, so that a small area is drawn as often as a large one."""
    by_area: dict[str, list[tuple[Place, str]]] = defaultdict(list)
    for place, sentence in sentences(site, "en"):
        row: Any = next(iter(facts.featured[place[1]].values()), None)
        by_area[row["policy_area"] if row else ""].append((place, sentence))
    chance = random.Random(seed)  # a draw that can be repeated
    for listed in by_area.values():
        chance.shuffle(listed)
    drawn: list[tuple[Place, str]] = []
    while len(drawn) < DRAWN and any(by_area.values()):
        drawn += [listed.pop() for _, listed in sorted(by_area.items()) if listed]
    return drawn[:DRAWN]


def main(site: Path, public_file: Path, seed: int = 35) -> None:
    """Print the drawn sentences with their rows."""
    facts = PublicFacts.read(public_file)
    others = {language: dict(sentences(site, language)) for language in facts.languages if language != "en"}
    for number, (place, sentence) in enumerate(draw(site, facts, seed), 1):
        print(f"\n{number}. {place[0]} · {place[1]}\n   en: {sentence}")
        if number <= IN_ALL_LANGUAGES:
            for language, found in others.items():
                print(f"   {language}: {found.get(place)}")
        named = {code for reading in facts.languages["en"].read(sentence) for words in reading.parts.values()
                 for code in facts.languages["en"].groups(words)} or {"all"}  # fmt: skip
        for code, row in facts.featured[place[1]].items():
            if code in named or row["compared_with_reference"] in ("higher", "lower"):
                print(f"      {code}: " + ", ".join(f"{name} {row[name]}" for name in SHOWN if row.get(name) is not None))


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]), *(int(seed) for seed in sys.argv[3:]))
