"""What axe checks on a page: WCAG 2.2 A and AA, and its good practice; of these what depends on colours."""

from __future__ import annotations

# axe describes each element of violations alone: of all that pass as well, which nothing reads, costs as much again.
_RESULTS = ["violations"]
AXE = {
    "runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"],
    "rules": {"target-size": {"enabled": True}},
    "resultTypes": _RESULTS,
}
COLOURS = {"runOnly": {"type": "rule", "values": ["color-contrast", "link-in-text-block"]}, "resultTypes": _RESULTS}
