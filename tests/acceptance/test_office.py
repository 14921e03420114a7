"""The Word document of a bulletin is opened by LibreOffice: its text and its lists are on the pages."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

pytestmark = pytest.mark.office


def test_libreoffice_reads_the_bulletin(city: Path, tmp_path: Path) -> None:
    folder = city / "releases/2021-08/r1"
    profile = f"-env:UserInstallation=file://{tmp_path / 'profile'}"
    for kind in ("txt:Text (encoded):UTF8", "pdf"):
        done = subprocess.run(
            ["soffice", "--headless", profile, "--convert-to", kind, "--outdir", tmp_path, folder / "bulletin.docx"],
            capture_output=True, text=True, check=False, timeout=300,
        )  # fmt: skip
        assert done.returncode == 0, done.stderr
    text = (tmp_path / "bulletin.txt").read_text("utf-8-sig")
    assert "2021年8月政务新媒体榜单" in text
    assert "附表4 委办局和人民团体榜单 · 影响力" in text
    assert "合成数据" in text.splitlines()[0]
    assert (tmp_path / "bulletin.pdf").read_bytes().startswith(b"%PDF-")
