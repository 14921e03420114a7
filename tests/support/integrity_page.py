"""docs/integrity.md: every attack that a test declares, how far it moved a rank, and what stopped it. `python -m
tests.support.integrity_page RESULTS.xml…` writes it from the tests and from what a run of them printed; a test holds the
page to the tests.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping
from pathlib import Path
from xml.etree import ElementTree

from tests.support import attacks
from tests.support.homes import PROJECT

PAGE = PROJECT / "docs" / "integrity.md"
Key = tuple[str, str]  # (module, test)


def ranks(file: Path) -> dict[Key, tuple[str, str]]:
    """(module, test) → ranks before and after the attack, as the test recorded them in its JUnit report; – for none."""
    recorded = {}
    for case in ElementTree.parse(file).iter("testcase"):
        module = case.attrib["classname"].rpartition(".")[2]
        values = {node.attrib["name"]: node.attrib["value"] for node in case.iter("property")}
        key = (module, case.attrib["name"].partition("[")[0])
        if not any(child.tag in ("failure", "error", "skipped") for child in case):
            recorded[key] = (values.get("rank_before", "–"), values.get("rank_after", "–"))
    return recorded


def page(recorded: Mapping[Key, tuple[str, str]]) -> str:
    """The page after a run with these ranks."""
    lines = [
        "# Integrity",
        "",
        "What has been tried to move a rank, or to pass off a release that is not one, and what stops it. Each line is a test; the",
        "table is made from the tests (`python -m tests.support.integrity_page`), and all of them run in `make abuse` and in",
        "`make test`. Ranks are those of the attacked unit in its list before the attack, and as they would be if nothing stopped",
        "it; – where an attack is on no rank. How the rules work: [methodology](methodology/README.en.md).",
        "",
        "| attack | rank before | rank after | what stops it | test |",
        "|---|---|---|---|---|",
    ]
    for declared in attacks.declared():
        before, after = recorded.get((declared.file.stem, declared.test), ("not run", "not run"))
        test = f"[{declared.test.removeprefix('test_').replace('_', ' ')}](../tests/abuse/{declared.file.name})"
        lines.append(f"| {declared.attack.name} | {before} | {after} | {declared.attack.stopped_by} | {test} |")
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    PAGE.write_text(page({key: pair for file in sys.argv[1:] for key, pair in ranks(Path(file)).items()}), "utf-8")
