"""An SMTP server on loopback that keeps what it is given."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from email import message_from_bytes, policy
from typing import Any

from aiosmtpd.controller import Controller

from tests.support.airflow_processes import free_port


class Mailbox:
    """What an SMTP server on loopback was given."""

    def __init__(self) -> None:
        self.mails: list[Any] = []

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:
        self.mails.append(message_from_bytes(envelope.content, policy=policy.default))
        return "250 OK"

    def about(self, subject: str) -> list[str]:
        """Bodies of mails with these words in their subject."""
        return [mail.get_body(("html",)).get_content() for mail in self.mails if subject in str(mail["subject"])]


@contextmanager
def mail_server(box: Mailbox) -> Iterator[dict[str, str]]:
    """An SMTP server on loopback, and what Airflow has to be told to use it."""
    port = free_port()
    server = Controller(box, hostname="127.0.0.1", port=port)
    server.start()
    extra = {"disable_ssl": True, "disable_tls": True, "from_email": "airflow@example.org"}
    connection = {"conn_type": "smtp", "host": "127.0.0.1", "port": port, "extra": extra}
    try:
        yield {"BANGDAN_MAIL_TO": "desk@example.org", "AIRFLOW_CONN_SMTP_DEFAULT": json.dumps(connection)}
    finally:
        server.stop()
