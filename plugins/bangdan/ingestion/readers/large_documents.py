"""A large JSON document as many small ones, so that it is read in bounded memory.

Elements of a list at its root come one by one. Of an object, its lists of objects are cut into slices: each slice comes in
a document that has everything else of the object but its other lists.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, NamedTuple, TextIO

from bangdan.ingestion.readers.json_text import MAX_VALUE, JsonText, object_of, refusing
from bangdan.ingestion.reasons import refusal

SLICE_CHARS = 4 * 1024 * 1024  # of a list
OUTLINE_CHARS = 4 * 1024 * 1024  # of all lists together in an outline
MAX_DEPTH = 8  # objects in objects that are searched for lists

Path = tuple[str, ...]


class Part(NamedTuple):
    """A document without its lists of objects (`path` is None), or with a slice of the one at `path`."""

    document: dict[str, Any]
    path: Path | None


class _Value(NamedTuple):
    """A value of a document, where it lies, whether it is an element of a list there, and its characters."""

    path: Path
    value: Any
    is_element: bool
    chars: int


def elements(stream: TextIO) -> Iterator[Any]:
    """The elements of a document that is a list."""
    text = JsonText(stream)
    yield from (element for element, _ in _elements(text))
    text.close()


def outline(stream: TextIO) -> dict[str, Any]:
    """A document that is an object, with the first elements of its lists of objects."""
    return _taken_together(_whole(stream), OUTLINE_CHARS)


def parts(opened: Callable[[], TextIO]) -> Iterator[Part]:
    """A document that is an object, in parts: first all that lies in no list of objects, then those lists, slice by slice.
    It is read twice, because what lies in no list may follow the lists.
    """
    with opened() as stream:
        rest = _taken_together((value for value in _whole(stream) if not value.is_element), 0)
    yield Part(rest, None)
    with opened() as stream:
        place: Path = ()
        held: list[Any] = []
        chars = 0
        for value in _whole(stream):
            if not value.is_element:
                continue
            if held and (value.path != place or chars > SLICE_CHARS):
                yield Part(_with_list(rest, place, held), place)
                held, chars = [], 0
            place = value.path
            held.append(value.value)
            chars += value.chars
        if held:
            yield Part(_with_list(rest, place, held), place)


def list_paths(document: dict[str, Any], depth: int = MAX_DEPTH) -> Iterator[Path]:
    """Where the lists of objects lie in an outline."""
    for key, value in document.items():
        if isinstance(value, dict) and depth:
            yield from ((key, *path) for path in list_paths(value, depth - 1))
        elif isinstance(value, list) and value and isinstance(value[0], dict):
            yield (key,)


def _whole(stream: TextIO) -> Iterator[_Value]:
    text = JsonText(stream)
    yield from _members(text, ())
    text.close()


def _members(text: JsonText, path: Path) -> Iterator[_Value]:
    """The values of the object that comes next; objects in it member by member, lists of objects by their elements."""
    text.take("{")
    keys: list[tuple[str, Any]] = []
    while text.next() != "}":
        if keys:
            text.take(",")
        if text.next() != '"':
            text.take('"')
        key, chars = text.value()
        keys.append((key, None))
        text.take(":")
        inner = (*path, key)
        if text.next() == "{" and len(path) < MAX_DEPTH:
            yield _Value(inner, {}, is_element=False, chars=chars)
            yield from _members(text, inner)
        elif text.next() == "[" and text.next(behind=1) == "{":
            for element, size in _elements(text):
                yield _Value(inner, element, is_element=True, chars=size)
        else:
            value, size = text.value()
            yield _Value(inner, value, is_element=False, chars=chars + size)
    text.take("}")
    with refusing():
        object_of(keys)  # refuses a key that is there twice


def _elements(text: JsonText) -> Iterator[tuple[Any, int]]:
    text.take("[")
    if text.next() != "]":
        yield text.value()
        while text.take(",]") == ",":
            yield text.value()
        return
    text.take("]")


def _taken_together(values: Iterator[_Value], list_chars: int) -> dict[str, Any]:
    """Values as the document that they are of; of lists the first element, and others up to so many characters."""
    document: dict[str, Any] = {}
    chars = 0
    for path, value, is_element, size in values:
        holder = document
        for key in path[:-1]:
            holder = holder[key]
        if not is_element:
            chars += size
            holder.setdefault(path[-1], value)
        elif path[-1] not in holder or list_chars > 0:
            list_chars -= size
            holder.setdefault(path[-1], []).append(value)
            chars += size
        if chars > MAX_VALUE:
            raise refusal("JSON_LIMIT", f"over {MAX_VALUE // 1024**2} million characters outside its lists")
    return document


def _with_list(document: dict[str, Any], path: Path, values: list[Any]) -> dict[str, Any]:
    """The document with a list at a path."""
    key, *rest = path
    return {**document, key: _with_list(document[key], tuple(rest), values) if rest else values}
