"""A release: signed off, signed, rolled back, verified. Its formats and its bytes are tested in tests/publication."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path

import pytest

from bangdan.core.city import load
from tests.support import demo_city
from tests.support.homes import bangdan, late_export, published, ranking


@pytest.mark.timeout(300)
def test_sign_off_is_bound_to_the_data_and_a_rollback_keeps_everything(copy_of_city: Path) -> None:
    home, month = copy_of_city, "2021-08"
    shutil.rmtree(home / "releases" / month)
    issuers = [issuer.name for issuer in load(demo_city.settings()).issuers]
    keys = home / "keys"
    keys.mkdir()
    for words in (
        ["genpkey", "-algorithm", "ed25519", "-out", "private.pem"],
        ["pkey", "-in", "private.pem", "-pubout", "-out", "public.pem"],
    ):
        subprocess.run(["openssl", *words], cwd=keys, check=True, capture_output=True)
    settings = {
        "BANGDAN_APPROVAL": "all",
        "BANGDAN_SIGNING_KEY": str(keys / "private.pem"),
        "BANGDAN_VERIFY_KEY": str(keys / "public.pem"),
    }
    refused = bangdan(home, "run", "--month", month, code=3, **settings)
    assert "sign-off" in refused.stderr
    assert not (home / "releases" / month / "r1").exists()
    bangdan(home, "approve", "--month", month, "--issuer", "nobody", "--by", "x", code=2)
    for issuer in issuers:
        bangdan(home, "approve", "--month", month, "--issuer", issuer, "--by", "值班")
    bangdan(home, "run", "--month", month, **settings)
    payload = json.loads((home / "releases" / month / "r1" / "manifest.json").read_text("utf-8"))
    assert {approval["issuer"] for approval in payload["approvals"]} == set(issuers)
    assert (home / "releases" / month / "r1" / "manifest.sig").exists()
    # July was released without a key; August is signed and fits.
    problems = bangdan(home, "verify", "--month", month, **settings)
    assert "0 problem" in problems.stdout
    assert "is not signed" in bangdan(home, "verify", code=1, **settings).stdout
    text = (home / "releases" / month / "r1" / "manifest.json").read_text("utf-8")
    (home / "releases" / month / "r1" / "manifest.json").write_text(
        text.replace('"release": "r1"', '"release": "r1" '), "utf-8"
    )
    assert "signature" in bangdan(home, "verify", "--month", month, code=1, **settings).stdout


@pytest.mark.timeout(300)
def test_a_changed_export_waits_for_a_reason_and_its_release_can_be_rolled_back(
    copy_of_city: Path, tmp_path: Path
) -> None:
    """One more reprint of a district's post: the figures change, the release does not, until a person says why (r2).
    Rolled back, the data of r1 are a release of their own (r3).
    """
    home, month = copy_of_city, "2021-08"
    before = ranking(home, month)
    bangdan(home, "rollback", "--month", month, "--to", "r1", "--note", "无事", code=2)
    bangdan(home, "ingest", late_export(home, tmp_path), "--received-at", "2021-10-01T09:00:00+08:00")
    bangdan(home, "run", "--month", month)
    assert (home / "releases" / month / "pending.json").exists()
    assert ranking(home, month) == ranking(home, month, "r1") == before
    done = bangdan(home, "run", "--month", month, "--reason", "R1", "--note", "补交")
    assert "r2" in done.stdout
    manifest = json.loads((home / "releases" / month / "r2" / "manifest.json").read_text("utf-8"))
    assert manifest["effect"]["units_changed"] >= 1
    assert "310110" in {row["unit_id"] for row in manifest["effect"]["rows"]}
    assert published(home, "select release, reason from published.restatements") == [("r2", "R1")]
    earlier = "select count(*) from published.ranking_asof('r1') where ranking_month = '2021-08'"
    assert published(home, earlier) == [(120,)]
    bangdan(home, "rollback", "--month", month, "--to", "r1", "--note", "补交有误")
    strip = lambda rows: [{key: value for key, value in row.items() if key != "release"} for row in rows]  # noqa: E731
    assert strip(ranking(home, month, "r3")) == strip(before)
    payload = json.loads((home / "releases" / month / "r3" / "manifest.json").read_text("utf-8"))
    assert (payload["rolled_back_to"], payload["reason"], payload["note"]) == ("r1", "C", "补交有误")
    assert "0 problem" in bangdan(home, "verify").stdout
    assert published(home, "select release, reason, note from published.restatements order by release") == [
        ("r2", "R1", "补交"), ("r3", "C", "补交有误"),
    ]  # fmt: skip
    page = (home / "releases" / month / "r3" / "index.html").read_text("utf-8")
    assert "补交有误" in page
    assert (home / "releases" / "index.html").read_text("utf-8").count(f"{month} r") == 3
