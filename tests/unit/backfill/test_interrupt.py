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
        self.written: list[bytes] = []

    def writable(self) -> bool:
        return True

    def write(self, data: bytes) -> int:
        self.written.append(bytes(data))
        if len(self.written) == 1:
            os.kill(os.getpid(), signal.SIGINT)
        return len(data)


def test_ctrl_c_in_the_middle_of_a_line_stops_after_the_step_like_any_other() -> None:
    raw = Interrupting()
    stream = io.TextIOWrapper(io.BufferedWriter(raw), write_through=True)

    def log_progress(line: str) -> None:
        stream.write(line + "\n")
        stream.flush()

    with until_asked_to_stop(log_progress) as stopped:
        assert not stopped()
        log_progress("[1/5] stage")
        assert stopped()
        log_progress("[1/5] done")
        with pytest.raises(KeyboardInterrupt):
            os.kill(os.getpid(), signal.SIGINT)
    assert b"".join(raw.written).startswith(b"[1/5] stage\n")
