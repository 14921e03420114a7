"""Delivery notes: `_delivery.json`, in which a sender writes when the files of a folder were received."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from bangdan.core import documents
from bangdan.core.months import SHANGHAI, is_plausible

NAME = "_delivery.json"
MAX_BYTES = 64 * 1024


class NoteError(ValueError):
    """Why a delivery note cannot be read: the field, and what is wrong with it."""


@dataclass(frozen=True)
class DeliveryNote:
    """What a note holds of the files in its folder and below."""

    received_at: datetime | None = None
    is_synthetic: bool = False


@dataclass
class DeliveryNotes:
    """The notes of a folder that is being landed. `refused`: those that could not be read, each with its reason."""

    root: Path
    refused: dict[Path, str] = field(default_factory=dict)
    _read: dict[Path, DeliveryNote] = field(default_factory=dict)

    def of(self, file: Path) -> DeliveryNote:
        """The nearest note from the file's folder up to the delivery's own, never above; an empty one where none is."""
        own_folder = self.root if self.root.is_dir() else self.root.parent
        for folder in file.parents:
            note = folder / NAME
            if note.is_symlink() or note.is_file():
                return self._note(note)
            if folder == own_folder:
                break
        return DeliveryNote()

    def _note(self, file: Path) -> DeliveryNote:
        if file not in self._read:
            try:
                if file.is_symlink():
                    raise NoteError("it is a link, which is not followed")
                with file.open("rb") as stream:
                    self._read[file] = parse(stream.read(MAX_BYTES + 1))
            except NoteError as error:
                self.refused[file] = str(error)
                self._read[file] = DeliveryNote()
        return self._read[file]


def parse(data: bytes) -> DeliveryNote:
    """The note that the bytes hold; raises NoteError, which names the field, where they hold none."""
    if len(data) > MAX_BYTES:
        raise NoteError(f"more than {MAX_BYTES // 1024} KB")
    try:
        values = documents.parse(data.decode("utf-8-sig"))
    except UnicodeDecodeError:
        raise NoteError("not UTF-8") from None
    except json.JSONDecodeError as error:
        raise NoteError(f"line {error.lineno}: no JSON") from None
    except ValueError as error:
        raise NoteError(str(error)) from None
    if not isinstance(values, dict):
        raise NoteError("not an object")
    is_synthetic = values.get("synthetic", False)
    if not isinstance(is_synthetic, bool):
        raise NoteError("synthetic: neither true nor false")
    return DeliveryNote(_moment(values["received_at"]) if "received_at" in values else None, is_synthetic)


def _moment(value: Any) -> datetime:
    if not isinstance(value, str):
        raise NoteError("received_at: not a text")
    try:
        at = datetime.fromisoformat(value)
    except ValueError:
        raise NoteError("received_at: no time in the form 2021-09-10T06:00:00+08:00") from None
    at = at if at.tzinfo else at.replace(tzinfo=SHANGHAI)
    if not is_plausible(at):
        raise NoteError("received_at: before 2009, or in the future")
    return at
