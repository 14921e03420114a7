"""Every command and every option of the command line, each called once for real on a copy of a published city.

`CALLS` names for each command and option the call that exercises it; the click command tree is walked and compared with
it, so that a command or an option without a call fails here. Calls run in this process, as `bangdan …` would.
"""

from __future__ import annotations

import json
import os
import re
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import Any

import click
import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from bangdan import __version__
from bangdan.cli import cli, exit_code_of
from bangdan.publication.movement.score_decomposition import CAUSES
from tests.support.homes import late_export


@dataclass
class Printed:
    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)


@dataclass
class City:
    """A copy that the calls of this module share, in the order of CALLS, and what they work on."""

    home: Path
    folder: Path
    remembered: dict[str, Any] = field(default_factory=dict)

    def names(self) -> dict[str, str]:
        """What stands for {name} in a call."""
        return {name: str(self.folder / name) for name in NAMES} | {"home": str(self.home)} | self.remembered


NAMES = (
    "late",
    "posts",
    "items",
    "accounts",
    "matched",
    "backup",
    "demo",
    "table",
    "mapping",
    "copied",
    "run_inbox",
    "bay",
    "tables",
)


def tree(folder: Path) -> dict[str, tuple[int, int]]:
    return {
        str(path.relative_to(folder)): (path.lstat().st_size, path.lstat().st_mtime_ns)
        for path in [folder, *sorted(folder.rglob("*"))]
    }


def published(city: City, query: str) -> list[tuple]:
    with duckdb.connect(str(city.home / "published/bangdan.duckdb"), read_only=True) as con:
        return con.execute(query).fetchall()


@pytest.fixture(scope="module")
def shared(city: Path, tmp_path_factory: pytest.TempPathFactory) -> City:
    folder = tmp_path_factory.mktemp("commands")
    home = folder / "home"
    shutil.copytree(city, home, symlinks=True)
    shared = City(home, folder)
    late_export(home, folder / "late")
    text = "今日起本市各区社区食堂向老年人开放，请携带身份证到所在街道登记，逾期不再受理，特此通知，望周知并相互转告。"
    posts = {
        "post_id": ["p1"], "platform": ["wechat"], "account_id": ["a1"], "unit_id": ["u1"], "published_at": ["2021-08-01 08:00:00"],
        "url": ["https://a.example/1"], "title": ["通知"], "text": [text],
    }  # fmt: skip
    items = {
        "item_id": ["i1", "i2"], "channel_type": ["news_app"] * 2, "outlet_id": ["o1", "o2"],
        "published_at": ["2021-08-01 10:00:00", "2021-08-05 10:00:00"], "url": [None] * 2, "title": ["通知"] * 2, "text": [text] * 2,
        "repost_of_post_id": [None] * 2, "source_name_raw": [None] * 2, "source_url_raw": [None] * 2,
    }  # fmt: skip
    for name, columns in (("posts", posts), ("items", items)):
        table = pa.table({key: pa.array(values, pa.string()) for key, values in columns.items()})
        at = table.schema.get_field_index("published_at")
        moments = pa.compute.strptime(table["published_at"], "%Y-%m-%d %H:%M:%S", "us")
        pq.write_table(table.set_column(at, "published_at", moments), folder / name)
    accounts = {"account_id": ["a1"], "unit_id": ["u1"], "name": ["某区发布"]}
    table = pa.table(accounts).append_column("aliases", pa.array([["某区"]], pa.list_(pa.string())))
    pq.write_table(table, folder / "accounts")
    rows = [
        {"文章标题": f"通知{i}", "公众号": "某日报", "发布时间": f"2021-08-0{i} 10:00", "链接": f"https://a.example/{i}", "阅读": "1.2万", "正文": "今日起施行。"}
        for i in range(1, 5)
    ]  # fmt: skip
    (folder / "table").mkdir()
    (folder / "table" / "table.json").write_text(json.dumps(rows, ensure_ascii=False), "utf-8")
    (folder / "run_inbox").mkdir()
    shared.remembered = {
        "item": published(
            shared,
            "select item_id from published.reprints where ranking_month = '2021-08' and method = 'text'"
            " and match_class = 'full' and is_counted order by item_id limit 1",
        )[0][0],
    }
    return shared


Check = Callable[[City, Printed], None]
CALLS: list[tuple[str, int, Check]] = []


def call(words: str, code: int = 0) -> Callable[[Check], Check]:
    """Add a call: its words, the exit code it ends with, and what has to be true afterwards."""

    def add(check: Check) -> Check:
        CALLS.append((words, code, check))
        return check

    return add


# ---- reading: nothing changes ------------------------------------------------------------------------------------


@call("--version")
def _(city: City, done: Printed) -> None:
    assert done.out.strip() == f"bangdan, version {__version__}"


@call("-h")
def _(city: City, done: Printed) -> None:
    assert "Exit codes: 0 done, 1 failed" in " ".join(done.out.split())


@call("status --json")
def _(city: City, done: Printed) -> None:
    months = {row["month"]: row for row in done.json["months"]}
    assert [months[month]["release"] for month in ("2021-07", "2021-08")] == ["r1", "r1"]
    assert months["2021-08"]["gates"] == dict.fromkeys(("raw_exports", "post_facts", "ranking"), "passed")
    assert done.json["home"] == str(city.home)
    assert (done.json["backfills"], done.json["to_do"]) == ([], [])


@call("status --city {home} --json")
def _(city: City, done: Printed) -> None:
    assert done.json["home"] == str(city.home)


@call("status --month 2021-08 --json")
def _(city: City, done: Printed) -> None:
    assert [row["month"] for row in done.json["months"]] == ["2021-08"]


@call("status --month 2031-01", code=1)
def _(city: City, done: Printed) -> None:
    assert "2031-01 has neither an export nor a release" in done.err


@call("status")
def _(city: City, done: Printed) -> None:
    assert f"data folder: {city.home}" in done.out
    assert "nothing to do" in done.out


@call("review --month 2021-08 --list unregistered_accounts --json")
def _(city: City, done: Printed) -> None:
    assert (done.json["month"], list(done.json["lists"])) == ("2021-08", ["unregistered_accounts"])


@call("review --month 2021-08 --list capped_counts")
def _(city: City, done: Printed) -> None:
    assert done.out.startswith("capped_counts: ")
    assert "all rows of one" not in done.out


@call("review --month 2021-08 --list rejects --json")
def _(city: City, done: Printed) -> None:
    assert done.json["lists"]["rejects"]["count"] > 0


@call("forget no-such-export --force --reason wrong --json", code=2)
def _(city: City, done: Printed) -> None:
    assert "no export is called" in done.err


@call("confirm no-such-export --by 王 --reason checked --json", code=2)
def _(city: City, done: Printed) -> None:
    assert "no export is called" in done.err


@call("registry check --month 2021-08 --all --json")
def _(city: City, done: Printed) -> None:
    assert (done.json["month"], done.json["problems"], done.json["never_seen"]) == ("2021-08", [], [])
    assert done.json["rows"]["units"] == 60
    assert done.json["not_listed"] == {"accounts": 0, "records": 0}


@call("upgrade --json", code=-1)  # a city that is ready may have been made by other code
def _(city: City, done: Printed) -> None:
    assert done.code == (4 if done.json["to_change"] else 0)
    assert (done.json["problems"], done.json["contract"]["changes"]) == ([], [])


@call("verify --json")
def _(city: City, done: Printed) -> None:
    assert done.json == {"problems": []}


@call("verify --month 2021-08")
def _(city: City, done: Printed) -> None:
    assert done.out == "0 problem(s)\n"


@call("explain --month 2021-08 --unit 杨浦区 --json")
def _(city: City, done: Printed) -> None:
    assert [dimension["dimension"] for dimension in done.json["dimensions"]] == ["dissemination", "influence"]


@call("explain --month 2021-08 --unit 310110 --dimension influence")
def _(city: City, done: Printed) -> None:
    assert "influence: rank" in done.out
    assert "dissemination: rank" not in done.out


@call("explain --month 2021-08 --unit 310110 --to-pass 310115")
def _(city: City, done: Printed) -> None:
    assert re.search(
        r"^dissemination: [\d,]+ more in news_app, by \d+ outlet\(s\) at least: score [\d.]+, rank \d+$",
        done.out,
        re.M,
    )


@call("explain --item {item}")
def _(city: City, done: Printed) -> None:
    assert done.out.startswith(f"item {city.remembered['item']}")
    assert "⟦" in done.out


@call("explain --item {item} --html")
def _(city: City, done: Printed) -> None:
    assert done.out.startswith("<!doctype html>")
    assert "<mark>" in done.out


@call("sql 'select count(*) as n from published.ranking'")
def _(city: City, done: Printed) -> None:
    assert "240" in done.out


@call("sql --seconds 30 'select count(*) as n from published.ranking'")
def _(city: City, done: Printed) -> None:
    assert "240" in done.out


@call("sql --csv 'select count(*) as n from published.ranking'")
def _(city: City, done: Printed) -> None:
    assert done.out == "n\n240\n"


@call("sql --json 'select count(*) as n from published.ranking'")
def _(city: City, done: Printed) -> None:
    assert done.json == [{"n": 240}]


@call("sql --csv '.questions four_lists'")
def _(city: City, done: Printed) -> None:
    assert done.out.startswith("四个榜单 / ")


@call("export --tables units,metrics --to {tables} --format parquet --month 2021-08 --json")
def _(city: City, done: Printed) -> None:
    assert [row["table"] for row in done.json["tables"]] == ["units", "metrics"]
    assert pq.read_table(city.folder / "tables/units.parquet").num_rows == 60


@call("export --tables units --to {tables}")
def _(city: City, done: Printed) -> None:
    assert done.out == f"{city.folder}/tables/units.csv: 120 rows\n"


@call("doctor --engine duckdb --json", code=-1)  # 0 or 1: the machine of the test may lack what the lock names
def _(city: City, done: Printed) -> None:
    assert done.code == (1 if done.json["fix"] else 0)
    assert done.json["home"] == str(city.home)


@call("backfill 2021-07..2021-08 --json", code=-1)  # a city that is ready may have been made by other code
def _(city: City, done: Printed) -> None:
    assert done.code == (4 if done.json["to_change"] else 0)
    assert {cause for row in done.json["months"] for cause in row["causes"]} <= {"code", "previous"}
    assert done.err == "", "with --json nothing but the result is printed"


@call("backfill 2021-07..2021-08 --plan", code=-1)
def _(city: City, done: Printed) -> None:
    assert done.code == (0 if "nothing to change" in done.out else 4)
    assert "inputs:" not in done.out


@call("match --posts {posts} --items {items} --out {matched} --accounts {accounts} --window-hours 24 --json")
def _(city: City, done: Printed) -> None:
    assert done.json == {"posts": 1, "items": 2, "matches": 2, "counted": 1}
    rows = pq.read_table(city.folder / "matched").to_pylist()
    assert [(row["item_id"], row["is_counted"], row["reason"]) for row in rows][1] == ("i2", False, "outside_window")


@call("demo --months 2021-09 --scale 0.002 --inbox {demo} --json")
def _(city: City, done: Printed) -> None:
    assert list(done.json["months"]) == ["2021-09"]
    assert done.json["months"]["2021-09"]["posts"] < 120
    assert (city.folder / "demo/synthetic-2021-09/_delivery.json").exists()


@call("ingest --suggest {table}/table.json")
def _(city: City, done: Printed) -> None:
    (city.folder / "mapping").write_text(done.out, "utf-8")
    assert "read_count: 阅读" in done.out


@call("ingest {table} --mapping {mapping} --dry-run --json --received-at 2021-09-10T06:00:00")
def _(city: City, done: Printed) -> None:
    assert (done.json["rows_read"], done.json["accepted"]) == (4, 4)


@call("ingest {table} --mapping {mapping} --dry-run --json --received-at 2021-08-01T06:00:00")
def _(city: City, done: Printed) -> None:
    # the 1st and, with a day of grace, the 2nd until six o'clock: the other rows lie after the moment of receipt
    assert done.json["reasons"] if "reasons" in done.json else done.json["rejected"] > 0


@call("ingest {late} --connector no-such-connector --dry-run", code=2)
def _(city: City, done: Printed) -> None:
    assert "no-such-connector" in done.err


@call("purge --before 2021-08 --dry-run --json")
def _(city: City, done: Printed) -> None:
    assert done.json["dry_run"] is True
    assert done.json["months"] == ["2021-07"]


@call("backup {backup} --verify --json")
def _(city: City, done: Printed) -> None:
    assert done.json["verified"] is True
    assert done.json["copied"] == done.json["files"] > 700


@call("restore {backup} --json", code=2)
def _(city: City, done: Printed) -> None:
    assert "is not empty" in done.err


READING = len(CALLS)  # what comes after changes the data folder


@call("ingest {late}")
def _(city: City, done: Printed) -> None:
    assert "6999999999.csv" in done.out


@call("backfill 2021-08 --plan", code=4)
def _(city: City, done: Printed) -> None:
    assert "1 month(s) to change" in done.out
    assert "2021-08 + synthetic-late/weibo/合成转发/6999999999.csv" in done.out
    assert "inputs: 1 new" in done.out


@call("backfill 2021-07 --json", code=4)
def _(city: City, done: Printed) -> None:
    assert done.json["downstream"] == ["2021-08"]


@call("backfill 2021-08 --json", code=4)
def _(city: City, done: Printed) -> None:
    assert done.json["months"][0]["causes"]["inputs"]["new_files"] == ["synthetic-late/weibo/合成转发/6999999999.csv"]


@call("backfill 2021-08 --apply", code=2)
def _(city: City, done: Printed) -> None:
    assert "published months would change: 2021-08" in done.err
    assert "--reason" in done.err


@call("backfill 2021-08 --diff", code=4)
def _(city: City, done: Printed) -> None:
    assert "1 month(s) would change; nothing has been published" in done.out
    assert "register 2021-08\n[1/5] stage of 2021-08\n" in done.err
    assert not (city.home / "releases/2021-08/r2").exists()
    # One more forward of one post: more reach and what it earned, no other post, method or bonus.
    causes = "|".join({"bonus"}.union(*CAUSES.values()))
    assert set(re.findall(rf"\b({causes}) \d", done.out)) in ({"reach"}, {"reach", "engagement"})
    pages = {
        name: (city.home / f"scratch/backfill/diff-2021-08-2021-08{name}.html").read_text("utf-8")
        for name in ("", ".en")
    }
    assert "杨浦区" in pages[""]
    assert "Yangpu" in pages[".en"]
    assert all("Content-Security-Policy" in page for page in pages.values())


@call("backfill 2021-08 --apply --reason C --note 迟到 --published-on 2030-01-01 --keep-going --engine duckdb --json")
def _(city: City, done: Printed) -> None:
    assert [row["result"] for row in done.json["months"]] == ["published"]
    manifest = json.loads((city.home / "releases/2021-08/r2/manifest.json").read_text("utf-8"))
    assert (manifest["reason"], manifest["note"]) == ("C", "迟到")
    assert manifest["imprint"]["published_on"] == "2030-01-01"


@call("rollback --month 2021-08 --to r1 --note 误发 --published-on 2030-01-02")
def _(city: City, done: Printed) -> None:
    assert done.out == "2021-08 r3 published: the data of r1 again\n"
    manifest = json.loads((city.home / "releases/2021-08/r3/manifest.json").read_text("utf-8"))
    assert (manifest["reason"], manifest["note"], manifest["rolled_back_to"]) == ("C", "误发", "r1")
    assert manifest["imprint"]["published_on"] == "2030-01-02"


@call("approve --month 2021-08 --issuer 没有 --by 王", code=2)
def _(city: City, done: Printed) -> None:
    assert "没有" in done.err


@call("approve --month 2021-08 --issuer {issuer} --by 王")
def _(city: City, done: Printed) -> None:
    assert done.out.startswith(f"2021-08: {city.remembered['issuer']} approves ")
    assert done.out.endswith("(1 of 2)\n")


@call("run --month 2021-08 --method trial-even --json")
def _(city: City, done: Printed) -> None:
    assert (done.json["method_version"], done.json["is_published"], len(done.json["rows"])) == (
        "trial-even",
        False,
        120,
    )
    assert any(Decimal(row["score"]) != Decimal(row["published_score"]) for row in done.json["rows"])
    assert sorted(path.name for path in city.home.glob("releases/2021-08/r*")) == ["r1", "r2", "r3"]


@call("run --month 2021-08 --method none", code=2)
def _(city: City, done: Printed) -> None:
    assert "trial-even" in done.err


@call(
    "run --month 2021-08 --inbox {run_inbox} --reason R2 --note 重算 --published-on 2030-01-03 --full --engine duckdb --json"
)
def _(city: City, done: Printed) -> None:
    assert (done.json["month"], done.json["release"], done.json["is_new"]) == ("2021-08", "r4", True)
    manifest = json.loads((city.home / "releases/2021-08/r4/manifest.json").read_text("utf-8"))
    assert (manifest["reason"], manifest["note"]) == ("R2", "重算")
    assert manifest["imprint"]["published_on"] == "2030-01-03"
    stages = [stage["stage"] for stage in done.json["stages"]]
    assert stages == [
        "land", "load", "check_raw", "stage", "match", "score", "certainty", "present", "check_facts", "check_ranking",
        "publish",
    ]  # fmt: skip
    assert [stage["stage"] for stage in done.json["stages"] if stage.get("unchanged")] == []


@call("purge --before 2021-08")
def _(city: City, done: Printed) -> None:
    assert "can no longer be rebuilt: 2021-07; releases stay" in done.out


@call("init {bay} --name 湾城 --name-en Bay --lists towns --channels weibo --json")
def _(city: City, done: Printed) -> None:
    assert done.json["city"] == str(city.folder / "bay")
    assert (city.folder / "bay" / "city.yml").exists()


@call("registry add units unit_id=u1 unit_name=湾城路 unit_type=district ranking_list=towns --city {bay} --json")
def _(city: City, done: Printed) -> None:
    assert done.json["file"] == str(city.folder / "bay" / "registry" / "units.csv")
    assert [row["unit_name"] for row in done.json["added"]] == ["湾城路"]


@call("registry rename units u1 --name 湾城街 --name-en Bay --on 2021-09-01 --city {bay} --json")
def _(city: City, done: Printed) -> None:
    assert [(row["unit_name"], row["valid_to"]) for row in done.json["closed"]] == [("湾城路", "2021-09-01")]


@call("registry move units u1 --to departments --on 2021-10-01 --city {bay} --json", code=2)
def _(city: City, done: Printed) -> None:
    assert "ranking_list 'departments' is in no city.yml" in done.err


@call("registry close units u1 --on 2022-01-01 --city {bay} --json")
def _(city: City, done: Printed) -> None:
    assert [row["valid_to"] for row in done.json["closed"]] == ["2022-01-01"]


# ---- the table and the tree --------------------------------------------------------------------------------------


def words_of(line: str, city: City) -> list[str]:
    import shlex

    return [word.format_map(city.names()) for word in shlex.split(line)]


def commands() -> Iterator[tuple[str, click.Command]]:
    """Every command by its words; of a group its commands, and not the group."""
    assert isinstance(cli, click.Group)
    yield "", cli
    for name, command in sorted(cli.commands.items()):
        if isinstance(command, click.Group):
            yield from ((f"{name} {of_group}", each) for of_group, each in sorted(command.commands.items()))
        else:
            yield name, command


def test_every_command_and_every_option_has_a_call() -> None:
    import shlex

    called = {name: set() for name, _ in commands()}
    for line, _code, _check in CALLS:
        words = shlex.split(line)
        of_group = " ".join(words[:2])
        name = "" if words[0].startswith("-") else of_group if of_group in called else words[0]
        called[name].add("")
        called[name] |= {word for word in words if word.startswith("-")}
    missing = []
    for name, command in commands():
        if name and "" not in called[name]:
            missing.append(name)
        for option in command.params:
            if "--city" in option.opts and "--city" in set().union(*called.values()):  # the same option of all commands
                continue
            if isinstance(option, click.Option) and not called[name] & {*option.opts, *option.secondary_opts}:
                missing.append(f"{name} {option.opts[0]}")
    assert missing == []
    # And no call of a command or an option that is no longer there.
    known = {
        name: {opt for option in command.params for opt in option.opts} | {"", "-h", "--help"}
        for name, command in commands()
    }
    assert {name: called[name] - known[name] for name in called if called[name] - known[name]} == {}


def do(city: City, line: str, capsys: pytest.CaptureFixture, monkeypatch: pytest.MonkeyPatch) -> Printed:
    monkeypatch.setenv("BANGDAN_HOME", str(city.home))
    monkeypatch.setenv("BANGDAN_APPROVAL", "")
    monkeypatch.setenv("BANGDAN_CITY", "")
    monkeypatch.setenv("BANGDAN_ENGINE", "")  # an option of a call sets it
    try:
        code = exit_code_of(lambda: cli.main(words_of(line, city), prog_name="bangdan", standalone_mode=False))
    except SystemExit as ended:
        code = int(ended.code or 0)
    printed = capsys.readouterr()
    return Printed(code, printed.out, printed.err)


@pytest.mark.parametrize("at", range(len(CALLS)), ids=[line for line, _code, _check in CALLS])
def test_a_call_ends_with_its_code_and_does_what_it_says(
    shared: City, at: int, capsys: pytest.CaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    line, code, check = CALLS[at]
    if "{issuer}" in line:
        shared.remembered["issuer"] = published(shared, "select issuer_name from published.issuers order by position")[
            0
        ][0]
    before = tree(shared.home) if at < READING else {}
    text = do(shared, line, capsys, monkeypatch)
    assert code in (text.code, -1), f"{text.out[-2000:]}\n{text.err[-2000:]}"
    check(shared, text)
    if at < READING and not line.startswith(("doctor", "review", "explain --item")):  # these take the writer's lock
        assert tree(shared.home) == before


def test_a_city_is_copied_not_changed(city: Path) -> None:
    assert not (city / "releases/2021-08/r2").exists()
    assert os.environ.get("BANGDAN_HOME") != str(city)
