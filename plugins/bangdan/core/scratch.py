"""Scratch areas: data folders below the real one, for trials and comparisons."""

from __future__ import annotations

from bangdan.core.settings import Settings


def scratch_area(settings: Settings, name: str, method_version: str = "") -> Settings:
    """Settings of a data folder below scratch/ that shares what is landed and loaded; no stage of a real run reads it."""
    home = settings.home / "scratch" / name
    home.mkdir(parents=True, exist_ok=True)
    for shared in (settings.landing, settings.raw):
        link = home / shared.name
        if not link.exists():
            link.symlink_to(shared)
    # A lake of its own, too: that of a real run is never written.
    return settings.replaced(home=home, lake="", method_version=method_version)
