"""What all pages are rendered with: templates, words in two languages, assets and their hashes, names of unit pages."""

from __future__ import annotations

import base64
import hashlib
import re
from decimal import Decimal
from functools import lru_cache
from importlib.resources import files as package_files
from typing import Any

import jinja2
import yaml

from bangdan.publication.pages import claims, figures


@lru_cache(maxsize=1)
def environment() -> jinja2.Environment:
    """Every value is escaped, a missing one is an error."""
    found = jinja2.Environment(
        loader=jinja2.PackageLoader("bangdan.publication.pages"),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        finalize=_seen,
    )
    found.filters |= {
        name: getattr(figures, name) for name in ("percent", "points", "grouped", "two", "signed", "file_size")
    }
    found.filters["headline"] = claims.short
    # Points of a manifest are text, so that none is rounded there.
    found.filters["to_points"] = lambda text: figures.signed(None if text is None else Decimal(text))
    return found


def _seen(value: Any) -> Any:
    """Nothing unseen gets into a page, whoever wrote it."""
    return figures.visible(value) if type(value) is str else value


@lru_cache(maxsize=2)
def words(language: str) -> dict[str, str]:
    """The page's own words in a language."""
    said = yaml.safe_load((package_files("bangdan.publication.pages") / "templates" / "words.yml").read_text("utf-8"))
    return {key: both[0 if language == "zh" else 1] for key, both in said.items()}


def asset(name: str) -> tuple[str, str]:
    """A style or script and the hash that the page's security policy allows it by."""
    text = (package_files("bangdan.publication.pages") / "templates" / name).read_text("utf-8")
    return text, "sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()


def unit_file(unit_id: str, language: str) -> str:
    """Path of a unit's page below the release, whatever signs its id has."""
    safe = re.fullmatch(r"[0-9A-Za-z_-]{1,60}", unit_id)
    name = unit_id if safe else "u-" + hashlib.sha256(unit_id.encode()).hexdigest()[:16]
    return f"units/{name}{'' if language == 'zh' else '.en'}.html"
