"""The sample of grams: the same grams of every text, whatever is around it."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest

from bangdan.matching.sketch import Sketch, sketch, sketch_batches
from bangdan.matching.text import Texts, normalise
from tests.support.matching_texts import WRAP, letters, plain_hash


def of(*texts: str) -> Texts:
    return normalise(pa.array([""] * len(texts)), pa.array(texts))


def rows(result: Sketch) -> list[tuple[int, int, int]]:
    return list(zip(result.text.tolist(), result.position.tolist(), result.hash.tolist(), strict=True))


@pytest.mark.parametrize(("length", "scale"), [(16, 4), (16, 2), (16, 1), (8, 4), (4, 8), (32, 3), (1, 2)])
def test_the_grams_whose_hash_is_in_the_lowest_part_are_sampled(length: int, scale: int) -> None:
    texts = [letters(0, 120), letters(300, 300 + length), letters(400, 400 + length - 1), "", letters(60, 700)]
    wanted = [
        (number, at, value)
        for number, text in enumerate(texts)
        for at in range(len(text) - length + 1)
        if (value := plain_hash(text[at : at + length])) <= WRAP // scale - 1
    ]
    assert rows(sketch(of(*texts), length, scale, scale, 300)) == wanted


@pytest.mark.parametrize("length", [299, 300, 301])
def test_texts_under_300_characters_are_sampled_more_densely(length: int) -> None:
    text = letters(0, length)
    scale = 2 if length < 300 else 4
    wanted = [at for at in range(length - 15) if plain_hash(text[at : at + 16]) <= WRAP // scale - 1]
    assert sketch(of(text), 16, 4, 2, 300).position.tolist() == wanted


def test_what_stands_around_a_passage_changes_no_gram_of_it() -> None:
    alone = set(sketch(of(letters(0, 200)), 16, 4, 2, 300).hash.tolist())
    within = set(sketch(of(letters(900, 950) + letters(0, 200) + letters(2_000, 2_600)), 16, 4, 2, 300).hash.tolist())
    # The longer text is sampled more sparsely: what it has of the passage is part of what the passage has.
    common = {plain_hash(letters(at, at + 16)) for at in range(185)}
    assert within & common == {value for value in alone if value <= WRAP // 4 - 1}


def test_record_batches_carry_the_id_and_the_same_defaults() -> None:
    texts = [letters(0, 120), letters(0, 400)]
    batch = pa.RecordBatch.from_pydict({"id": ["a", "b"], "title": ["", ""], "text": texts})
    (result,) = sketch_batches([batch])
    wanted = sketch(of(*texts), 16, 4, 2, 300)
    assert result.schema.names == ["id", "position", "hash"]
    assert result["id"].to_pylist() == ["ab"[text] for text in wanted.text]
    assert result["position"].to_pylist() == wanted.position.tolist()
    assert result["hash"].to_pylist() == wanted.hash.view(np.int64).tolist()
