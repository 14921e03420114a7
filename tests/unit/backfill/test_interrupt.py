"""Ctrl-C while a backfill is at work: it is asked for once, whenever it comes."""

from __future__ import annotations

import io
import os
import signal

import pytest

from bangdan.backfill.apply import until_asked_to_stop


class Interrupting(io.RawIOBase):
    """A stream at whose first write Ctrl-C is pressed."""

    def __init__(self) -> None:
        self.said: list[bytes] = []

    def writable(self) -> bool:
        return True

    def write(self, data: bytes) -> int:
        self.said.append(bytes(data))
        if len(self.said) == 1:
            os.kill(os.getpid(), signal.SIGINT)
        return len(data)


def test_ctrl_c_in_the_middle_of_a_line_stops_after_the_step_like_any_other() -> None:
    raw = Interrupting()
    stream = io.TextIOWrapper(io.BufferedWriter(raw), write_through=True)

    def tell(line: str) -> None:
        stream.write(line + "\n")
        stream.flush()

    with until_asked_to_stop(tell) as stopped:
        assert not stopped()
        tell("[1/5] stage")
        assert stopped()
        tell("[1/5] done")
        with pytest.raises(KeyboardInterrupt):
            os.kill(os.getpid(), signal.SIGINT)
    assert b"".join(raw.said).startswith(b"[1/5] stage\n")
