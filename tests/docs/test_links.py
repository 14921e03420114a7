"""Documents: every link leads somewhere, every command exists, every picture is there."""

from __future__ import annotations

import re
from pathlib import Path

import click
import pytest

from bangdan.cli import cli
from tests.support.homes import PROJECT

DOCUMENTS = sorted([*PROJECT.glob("*.md"), *(PROJECT / "docs").rglob("*.md"), *(PROJECT / "expectations").glob("*.md")])
LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")


def anchors(file: Path) -> set[str]:
    """Anchors of a document's headings, as forges make them."""
    result = set()
    for line in file.read_text("utf-8").splitlines():
        if line.startswith("#"):
            text = line.lstrip("#").strip().lower()
            result.add(re.sub(r"[^\w\- ]", "", text).replace(" ", "-"))
    return result


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda file: str(file.relative_to(PROJECT)))
def test_links_lead_somewhere(document: Path) -> None:
    wrong = []
    for target in LINK.findall(document.read_text("utf-8")):
        if target.startswith(("http://", "https://", "mailto:")):
            continue
        path, _, anchor = target.partition("#")
        file = (document.parent / path).resolve() if path else document
        if not file.exists() or (anchor and file.suffix == ".md" and anchor not in anchors(file)):
            wrong.append(target)
    assert wrong == []


def test_commands_in_documents_exist() -> None:
    wrong = []
    for document in DOCUMENTS:
        for name, rest in re.findall(
            r"\bbangdan ([a-z]+)((?: +(?:--[a-z-]+|[^\s`|)]+))*)", document.read_text("utf-8")
        ):
            command: click.Command | None = cli.commands.get(name)
            if isinstance(command, click.Group) and rest.split():
                name = f"{name} {rest.split()[0]}"
                command = command.commands.get(rest.split()[0])
            if command is None:
                # Running prose may say "bangdan turns …": only code counts.
                if re.search(rf"`bangdan {name}\b", document.read_text("utf-8")):
                    wrong.append(f"{document.name}: bangdan {name}")
                continue
            known = {option for parameter in command.params for option in parameter.opts} | {"--help", "--version"}
            wrong += [f"{document.name}: bangdan {name} {o}" for o in re.findall(r"--[a-z-]+", rest) if o not in known]
    assert wrong == []


def test_targets_in_documents_exist() -> None:
    targets = set(re.findall(r"^([a-z-]+):", (PROJECT / "Makefile").read_text("utf-8"), re.MULTILINE))
    wrong = [
        f"{document.name}: make {name}"
        for document in DOCUMENTS
        for name in re.findall(r"`make ([a-z-]+)", document.read_text("utf-8"))
        if name not in targets
    ]
    assert wrong == []


def test_there_is_a_readme_with_a_picture() -> None:
    pictures = re.findall(r"!\[[^\]]*\]\(([^)]+)\)", (PROJECT / "README.md").read_text("utf-8"))
    assert pictures
    assert all((PROJECT / picture).exists() for picture in pictures)
