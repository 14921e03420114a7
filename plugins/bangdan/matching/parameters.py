"""The matcher's parameters: rows of a dated seed, and a hash of them that every row of evidence carries."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass
from functools import cached_property
from pathlib import Path

from bangdan.core import seeds
from bangdan.core.errors import BangdanError


@dataclass(frozen=True)
class Parameters:
    """Names and meanings: seeds/methodology/matching_parameters.csv, one field per row in force."""

    gram_length: int
    sketch_scale: int
    short_text_chars: int
    short_sketch_scale: int
    max_families_per_gram: int
    one_vote_chars: int
    min_votes: int
    max_candidates: int
    min_post_chars: int
    min_run: int
    long_run_chars: int
    number_edge_chars: int
    family_sketch_scale: int
    max_posts_per_family_gram: int
    family_shared_grams: float
    family_length_share: float
    family_containment: float
    family_numbers_equal: float
    min_matched_chars: int
    min_containment: float
    review_containment: float
    rejected_containment: float
    full_containment: float
    summary_containment: float
    min_body_chars: int
    min_density: float
    min_numbers_equal: float
    many_numbers: int
    many_numbers_equal: float
    second_look_containment: float
    second_look_gram: int
    attribution_min_chars: int
    min_alias_chars: int
    a_containment: float
    a_matched_chars: int
    a_numbers_equal: float
    b_matched_chars: int
    digest_item_containment: float
    skew_minutes: int

    @cached_property
    def hash(self) -> str:
        """First 16 hex digits of SHA-256 over all names and values."""
        return hashlib.sha256(json.dumps(asdict(self), sort_keys=True).encode()).hexdigest()[:16]


def in_force(folder: Path, on: str) -> Parameters:
    """Parameters of the seed that are in force on a day (YYYY-MM-DD); a missing or unreadable one is a BangdanError."""
    rows = seeds.in_force(seeds.rows(folder, "methodology/matching_parameters"), on)
    value_texts = {row["parameter"]: row["value"] for row in rows}
    values: dict[str, float | int] = {}
    for name, kind in Parameters.__annotations__.items():
        try:
            values[name] = float(value_texts[name]) if kind == "float" else int(value_texts[name])
        except (KeyError, ValueError):
            raise BangdanError(
                f"matching_parameters.csv: no usable value of {name} on {on}: {value_texts.get(name)!r}",
                remedy="add a row for it, valid on that day",
            ) from None
    for name in ("gram_length", "second_look_gram"):
        if values[name] not in (4, 8, 16, 32):
            raise BangdanError(f"matching_parameters.csv: {name} {value_texts[name]}", remedy="use 4, 8, 16 or 32")
    return Parameters(**values)  # type: ignore[arg-type]
