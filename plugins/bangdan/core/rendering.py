"""Render a page from a template, in one of two languages. All HTML is in the folders `templates` of the packages."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any, NamedTuple, TypeVar

import jinja2
import yaml

from bangdan.core import formatting

LANGUAGES = ("zh", "en")
FILTERS = ("figure", "percent", "points", "grouped", "two_decimals", "signed", "signed_text", "file_size", "headline")


T = TypeVar("T")


class Asset(NamedTuple):
    """A style sheet or script, and the hash by which a page's security policy allows it."""

    text: str
    hash: str


def in_language(pair: tuple[T, T] | list[T], language: str) -> T:
    """The part of a (Chinese, English) pair that `language` (zh or en) asks for."""
    return pair[LANGUAGES.index(language)]


def render(template: str, language: str, context: Mapping[str, Any]) -> str:
    """The HTML of a template, e.g. `month.html`; every value of `context` is escaped, a missing value is an error.

    A template also has `w` (the words in `language`), `language`, `in_language` and `asset`.
    """
    return environment().get_template(template).render(context, w=words(language), language=language)


@lru_cache(maxsize=1)
def environment() -> jinja2.Environment:
    """Templates of all packages by file name."""
    made = jinja2.Environment(
        loader=jinja2.FileSystemLoader(_folders(), encoding="utf-8"),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        finalize=_without_invisible,
    )
    made.filters |= {name: getattr(formatting, name) for name in FILTERS}
    made.globals |= {"asset": asset, "in_language": in_language}
    return made


@lru_cache(maxsize=1)
def word_pairs() -> dict[str, tuple[str, str]]:
    """The pages' own words and sentences, (Chinese, English): every YAML file of the templates' folders."""
    pairs: dict[str, tuple[str, str]] = {}
    for folder in _folders():
        for file in sorted(folder.glob("*.yml")):
            for key, (zh, en) in yaml.safe_load(file.read_text("utf-8")).items():
                if key in pairs:
                    raise ValueError(f"{file}: {key} is in another file of words already")
                pairs[key] = (zh, en)
    return pairs


@lru_cache(maxsize=2)
def words(language: str) -> dict[str, str]:
    """The pages' own words in a language."""
    return {key: in_language(pair, language) for key, pair in word_pairs().items()}


@lru_cache
def asset(*names: str) -> Asset:
    """Files of the templates' folders that a page carries in itself, one after the other, e.g. `page.css`."""
    text = "".join(
        (folder / name).read_text("utf-8") for name in names for folder in _folders() if (folder / name).exists()
    )
    return Asset(text, "sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode())


def _folders() -> list[Path]:
    return sorted(Path(__file__).parents[1].rglob("templates"))


def _without_invisible(value: Any) -> Any:
    return formatting.visible(value) if type(value) is str else value
