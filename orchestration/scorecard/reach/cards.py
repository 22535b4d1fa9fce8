"""Draw the picture that a link to a measure gets in a message: the title, the first sentence and the chart of groups.

The name of a file is a hash of what the card shows and of its layout, so that a card that has not changed is drawn once.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from orchestration.scorecard.pages.page_list import Page
from orchestration.scorecard.words.texts import Texts
from warehouse.fingerprint import text_sha256

TEMPLATE = Path(__file__).parents[1] / "templates" / "card.typ"
FOLDER = "cards"
MOST_ROWS = 9
Card = tuple[str, dict[str, Any]]  # its name, and what it shows


def card_of(page: Page, said: str, city: str, texts: Texts) -> Card | None:
    """Return the name of the card of a page, and what it shows; None without a chart of groups. `said`: in a sentence."""
    chart = page.content.get("groups") if page.template == "measure.html" else None
    if chart is None or not page.content["measure"].is_answered:
        return None
    rows = [
        {
            "label": line.label.striptags(),
            "figure": line.figure.striptags() if line.figure else None,
            "status": line.status.striptags() if line.status else "",
            **{name: getattr(line.dot, name) if line.dot else None for name in ("x", "low", "high")},
            "total": line.is_total,
        }
        for line in chart.rows[:MOST_ROWS]
    ]
    unit = texts.plain(f"unit.{chart.unit}")
    card: dict[str, Any] = {"language": texts.tag, "city": city, "title": page.title, "said": said, "rows": rows}
    card["foot"] = f"{texts.plain('page.title')} · {chart.period.striptags()} · {unit}"
    if chart.scale and chart.scale.ticks[0]:
        card["foot"] += f" · {texts.plain('sentence.scale_starts', low=chart.ticks[0][1])}"
    layout = TEMPLATE.read_text(encoding="utf-8")
    return f"{page.content['measure'].measure_id}-{text_sha256(json.dumps(card) + layout)[:12]}.png", card


def write_cards(folder: Path, cards: Mapping[str, Mapping[str, Any]], earlier: Path | None) -> None:
    """Draw the cards that the site `earlier` does not have, and copy the others."""
    folder.mkdir(parents=True, exist_ok=True)
    known = {name: earlier / name for name in cards if earlier and (earlier / name).is_file()}
    for name, path in known.items():
        shutil.copyfile(path, folder / name)
    drawn = {name: card for name, card in cards.items() if name not in known}
    if drawn:
        import typst  # noqa: PLC0415 - 84 MB, which no other command needs

        content = json.dumps(list(drawn.values()), ensure_ascii=False)
        made: Any = typst.compile(  # a list where there are several pages
            TEMPLATE.read_bytes(), format="png", ppi=72.0, ignore_system_fonts=True, sys_inputs={"content": content}
        )
        for name, picture in zip(drawn, made if isinstance(made, list) else [made], strict=True):
            (folder / name).write_bytes(picture)
