"""Records inside a JSON document: every object under the paths of a mapping, each with the objects that hold it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

WHOLE = "."  # the path of the document itself
PARENT = "parent"


def records_in(document: dict[str, Any], paths: Sequence[str]) -> list[dict[str, Any]]:
    """The objects under dotted paths, in the order of the paths: all of a list, or a single object.

    Every record has the object that holds it under the key `parent`, unless it has a key of that name itself. A list
    inside a list is gone through: with `posts.reposts` every repost of every post is a record, the post its parent.
    """
    return [record for path in paths for record in _under(document, [] if path == WHOLE else path.split("."))]


def _under(value: dict[str, Any], path: list[str]) -> Iterator[dict[str, Any]]:
    if not path:
        yield value
        return
    inner = value.get(path[0])
    for item in inner if isinstance(inner, list) else [inner]:
        if isinstance(item, dict):
            yield from _under({PARENT: value, **item}, path[1:])
