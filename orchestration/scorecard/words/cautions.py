"""Mark the figures that a reader should use with care, and say why: one sentence per reason, with its figures."""

from __future__ import annotations

from collections.abc import Iterable

from markupsafe import Markup

from orchestration.scorecard.release_data.read_release import Row
from orchestration.scorecard.words.texts import Joined, Texts

CAUTION = "use_with_caution"


def caution_mark(row: Row, texts: Texts) -> Markup | None:
    """Return the mark next to a figure; None where the figure is reliable."""
    return texts("page.use_with_care") if row.is_shown and row.reliability == CAUTION else None


def caution(row: Row, texts: Texts) -> Markup:
    """Return why a figure is to be used with care."""
    text_id = f"caution.{row.status_reason}"
    return texts(text_id) if texts.has(text_id) else texts("caution.other")


def cautions(labelled: Iterable[tuple[Row, Markup]], texts: Texts) -> tuple[Markup, ...]:
    """Return a sentence per reason, with the labels of its rows."""
    by_reason: dict[Markup, list[Markup]] = {}
    for row, label in labelled:
        if caution_mark(row, texts) is not None:
            by_reason.setdefault(caution(row, texts), []).append(label)
    return tuple(
        texts("page.caution_note", mark=texts("page.use_with_care"), names=Joined(tuple(map(_Label, labels))), why=why)
        for why, labels in by_reason.items()
    )


class _Label:
    """A label that is in the language of the page already."""

    def __init__(self, label: Markup) -> None:
        self.label = label

    def in_language(self, texts: Texts) -> Markup:  # noqa: ARG002 - as parts do
        return self.label
