"""Each release has an address by the digest of its data, which leads to the same bytes for ever."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from bangdan.core.settings import Settings
from bangdan.publication import addresses, pointers, release, verification
from tests.support import html_tables, small_city
from tests.support.small_city import AUGUST


def address_of(settings: Settings, name: str = "r1", month: str = "2021-08") -> Path:
    return settings.releases / "id" / small_city.manifest_of(settings, name, month)["data_digest"]


def test_the_address_leads_to_the_folder_of_the_release(small: Settings) -> None:
    assert len(list((small.releases / "id").iterdir())) == 3
    for month in ("2021-06", "2021-07", "2021-08"):
        address = address_of(small, month=month)
        assert os.readlink(address) == f"../{month}/r1"
        assert (address / "manifest.json").samefile(small.releases / month / "r1/manifest.json")


def test_the_page_shows_its_address_and_its_links_hold_there(small: Settings) -> None:
    address = address_of(small)
    page = html_tables.read(address / "index.html")
    links = [str(link["href"]) for link in page.all("a")]
    assert f"../../id/{address.name}/index.html" in links
    relative = [link for link in links if not link.startswith(("#", "http", "mailto:"))]
    assert [link for link in relative if not (address / link).exists()] == []


def test_an_address_stays_when_the_month_is_revised_and_rolled_back(own_small: Settings) -> None:
    first = address_of(own_small)
    small_city.change(own_small, "update published.rpt_posts set title = 'another' where ranking_month = '2021-08'")
    small_city.publish(own_small, reason="R1")
    assert os.readlink(address_of(own_small, "r2")) == "../2021-08/r2"
    release.roll_back(own_small, AUGUST, "r1", "as it was")
    assert address_of(own_small, "r3") == first
    assert os.readlink(first) == "../2021-08/r1"
    assert verification.verify(own_small) == []


def test_a_release_that_is_moved_away_and_published_again_keeps_its_address(own_small: Settings) -> None:
    address = address_of(own_small)
    shutil.move(own_small.releases / "2021-08/r1", own_small.home / "moved")
    small_city.publish(own_small)
    assert os.readlink(address) == "../2021-08/r1"
    assert (address / "manifest.json").read_bytes() == (own_small.home / "moved/manifest.json").read_bytes()


def other_target(address: Path) -> None:
    address.unlink()
    address.symlink_to("../2021-07/r1")


@pytest.mark.parametrize(
    ("damage", "sentence"),
    [
        (lambda address: address.unlink(), "of 2021-08 r1 is missing"),
        (other_target, "leads to ../2021-07/r1, not to the release with these data"),
        (lambda address: address.with_name("0" * 64).symlink_to("../2021-08/r1"), "'0000000000000000' leads to ../2021-08/r1, not to"),
    ],
)  # fmt: skip
def test_verify_names_an_address_that_is_wrong_and_the_next_publication_corrects_it(
    own_small: Settings, damage: Callable[[Path], None], sentence: str
) -> None:
    damage(address_of(own_small))
    [problem] = verification.verify(own_small)
    assert sentence in problem
    pointers.follow(own_small)
    assert verification.verify(own_small) == []


def test_a_file_among_the_addresses_is_reported_and_left(own_small: Settings) -> None:
    (own_small.releases / "id/notes.txt").write_text("?")
    pointers.follow(own_small)
    assert addresses.problems(own_small) == ["id: 'notes.txt' is a file that no publication writes"]


def test_what_lies_in_the_place_of_an_address_stops_no_publication_and_is_reported(own_small: Settings) -> None:
    address = address_of(own_small)
    address.unlink()
    address.mkdir()
    pointers.follow(own_small)
    assert addresses.problems(own_small) == [f"id: {address.name!r} is a folder that no publication writes"]


def test_links_of_another_folder_are_left_where_a_link_leads_there(own_small: Settings, tmp_path: Path) -> None:
    elsewhere, folder = tmp_path / "elsewhere", own_small.releases / "id"
    elsewhere.mkdir()
    (elsewhere / "theirs").symlink_to("nowhere")
    shutil.rmtree(folder)
    folder.symlink_to(elsewhere)
    addresses.follow(own_small)
    assert (elsewhere / "theirs").is_symlink()
