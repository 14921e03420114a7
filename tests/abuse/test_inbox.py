"""Attacks through what is landed: a run that names a folder of its own choice, large files, notes from outside."""

from __future__ import annotations

from pathlib import Path

import pytest

from bangdan.bridge import inboxes
from bangdan.core.errors import UsageError
from bangdan.core.settings import Settings
from bangdan.operations import overview
from tests.support.attacks import attack


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """A home whose runs may name a folder and a prefix besides the inbox; a secret beside all of them."""
    for name in ("home/inbox/weekly", "exports/2021", "exports-private", "secret"):
        (tmp_path / name).mkdir(parents=True)
    return Settings(tmp_path / "home", 1, "1GB", inboxes=f"{tmp_path}/exports, s3://city/exports")


@attack("a run in Airflow that names a folder of the machine as its inbox", "folders that the settings permit")
@pytest.mark.parametrize(
    "source",
    ["/", "/etc", "{tmp}", "{tmp}/secret", "{tmp}/exports-private", "{tmp}/exports/../secret", "{tmp}/home", "..", "{tmp}/exports/out", "{tmp}/exports\0/x"],
)  # fmt: skip
def test_a_run_lands_no_folder_that_is_not_permitted(settings: Settings, tmp_path: Path, source: str) -> None:
    (tmp_path / "exports" / "out").symlink_to(tmp_path / "secret")
    with pytest.raises(UsageError, match="is not one that a run may land"):
        inboxes.permitted(settings, source.format(tmp=tmp_path))


@attack("a run in Airflow that names another store, or a prefix beside its own", "prefixes that the settings permit")
@pytest.mark.parametrize(
    "source", ["s3://other/exports", "s3://city", "s3://city/exports-private", "s3://city/exports/../secret", "s3://city.other/exports"]
)  # fmt: skip
def test_a_run_lands_no_store_that_is_not_permitted(settings: Settings, source: str) -> None:
    with pytest.raises(UsageError, match="is not one that a run may land"):
        inboxes.permitted(settings, source)


@pytest.mark.parametrize(
    "source", ["{tmp}/exports", "{tmp}/exports/2021", "{tmp}/home/inbox/weekly", "{tmp}/exports/./2021/"]
)
def test_a_run_lands_what_is_below_a_permitted_folder(settings: Settings, tmp_path: Path, source: str) -> None:
    assert inboxes.permitted(settings, source.format(tmp=tmp_path)) == Path(source.format(tmp=tmp_path))
    assert inboxes.permitted(settings, None) == settings.inbox
    assert inboxes.permitted(settings, "s3://city/exports/2021/") == "s3://city/exports/2021"


@attack("an address of the page of months with a NUL, or too long for a file", "such an address names no file: 404")
@pytest.mark.parametrize("path", ["\0", "2021-08/\0/index.html", 300 * "x", 5000 * "x/"])
def test_an_address_that_no_file_can_have_is_not_found(settings: Settings, path: str) -> None:
    assert overview.served(settings, "releases", path) is None
