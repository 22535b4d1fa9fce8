"""Fast text: the same as the slow way."""

from __future__ import annotations

import numpy as np

from ingest.sample.text import chooser, digits, draw, records, words


def test_records_join_word_lists_and_ready_text_row_by_row() -> None:
    first, second = words(["a,", "", "\N{EN DASH},"]), words(["x\r", "y\n"])
    written = records(
        (first, np.array([2, 0, 1], dtype=np.uint16)), digits(np.array([7, 42, 0]), 2), (second, np.array([0, 1, 1]))
    )
    assert bytes(written).decode() == "\N{EN DASH},07x\ra,42y\n00y\n"
    assert bytes(records(words([]))) == b""


def test_digits_are_padded_to_their_width() -> None:
    assert digits(np.array([0, 9, 10, 99_999_999]), 8).to_pylist() == ["00000000", "00000009", "00000010", "99999999"]


def test_draws_follow_the_weights_and_never_a_weight_of_zero() -> None:
    draws = draw(np.random.default_rng(1), chooser([1, 0, 3]), 100_000)
    counts = np.bincount(draws, minlength=3)
    assert counts[1] == 0
    assert abs(counts[0] / 100_000 - 0.25) < 0.01
    assert len(chooser([1] * 7)) == 65_536
