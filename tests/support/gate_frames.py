"""A tiny warehouse that passes the three gates without a warning: what their frames read, as plain tables, and the frames as dbt makes them.

Months beside 2021-08 hold what would break every rule: a frame that forgets its month refuses the world as it is.
"""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import duckdb
import yaml

from bangdan import gates
from bangdan.core.errors import GateRefused
from bangdan.core.months import Month
from bangdan.core.settings import Settings
from tests.support.homes import PROJECT
from tests.support.models_in_memory import rendered, schema_of

MONTH = Month.parse("2021-08")
GATES = ("raw_exports", "post_facts", "ranking")
FLOORS = PROJECT / "dbt_project" / "seeds" / "methodology" / "quality_floors.csv"
METHOD_INDICATORS = PROJECT / "dbt_project" / "seeds" / "methodology" / "method_indicators.csv"
REFERENCE = PROJECT / "dbt_project" / "seeds" / "reference"
MODELS = PROJECT / "dbt_project" / "models" / "gates"

TABLES = """
create table intermediate.int_months (
    ranking_month text, month_start date, month_end date, method_version text, bonus_ceiling decimal(8, 4)
);
create table registry.int_registry__units (unit_id text, unit_name text, ranking_list text, valid_from date, valid_to date);
create table registry.int_registry__accounts (
    account_id text, unit_id text, platform text, valid_from timestamp, valid_to timestamp, account_name text default '某号',
    export_sha256 text, source_row bigint
);
create table evidence.released_owners (account_id text, unit_id text, published_at_local timestamp, month text);
create table seeds.owner_confirmations (account_id text, unit_id text, valid_from date, valid_to date);
create table registry.int_registry__account_keys (platform text, key_kind text, account_key text, account_id text);
create table registry.int_registry__channels (outlet_id text, channel_type text);
create table raw.records (
    connector text, export_sha256 text, channel_type text, account_key text, account_pseudonym text, record_id text,
    published_at timestamptz, month text, account_name_raw text, account_key_type text
);
create table raw.export_manifest (
    export_id text, connector text, status text, rows_read bigint, accepted bigint, rejected bigint, duplicate bigint,
    months text[]
);
create table review.qc_registry_conflicts (
    kind text, id text, name text, conflict_from timestamp, conflict_to timestamp, declared text, source_row bigint,
    other_declared text, other_source_row bigint, export_sha256 text
);
create table review.qc_suspect_counts (
    ranking_month text, reason text, item_id text, channel_type text, carrier text, connector text, metric text,
    value bigint, compared_with bigint
);
create table review.qc_stale_corrections (
    ranking_month text, seed text, post_id text, item_id text, guard text, found text, problem text
);
create table review.qc_bursts (
    ranking_month text, unit_id text, channel_type text, first_reprint_at timestamp, outlet_count bigint, allowed_count integer
);
create table review.qc_waking_outlets (
    ranking_month text, unit_id text, outlet_id text, reprint_count bigint, rank integer, rank_without integer
);
create table review.qc_rank_leverage (
    ranking_month text, dimension text, unit_id text, unit_name text, kind text, part_id text, outlet_id text,
    item_count bigint, points_share double, rank integer, rank_without integer, interval_end integer,
    allowed_ranks double, is_list_small boolean, decision text
);
create table registry.int_registry__deliveries (table_name text, source_file text, export_sha256 text, accepted bigint, is_in_force boolean, is_of_city boolean);
create table marts.fct_unit_months (
    ranking_month text, unit_id text, unit_name text, ranking_list text, account_count bigint, post_count bigint,
    original_count bigint, reprint_count bigint
);
create table marts.fct_posts (ranking_month text, post_id text, is_quarantined boolean, published_at_local timestamp);
create table marts.fct_reprints (
    ranking_month text, post_id text, item_id text, confidence text, is_counted boolean, not_counted_reason text,
    read_count bigint, like_count bigint, comment_count bigint
);
create table marts.fct_post_outlets (ranking_month text, post_id text, outlet_id text, item_id text);
create table marts.fct_reprint_contributions (
    ranking_month text, dimension text, unit_id text, post_id text, outlet_id text, picopoints bigint
);
create table staging.stg_channel_items (item_id text, is_mapped boolean, account_id text);
create table published.rpt_ranking (
    ranking_month text, ranking_list text, dimension text, unit_id text, unit_name text, rank integer,
    base_score decimal(20, 12), bonus_points decimal(20, 12), score decimal(6, 2)
);
create table published.rpt_unit_indicators (
    ranking_month text, unit_id text, dimension text, indicator_id text, contribution decimal(20, 12)
);
"""

# Two units that are ranked and one that is not; two accounts with a key, one outlet per channel type.
AUGUST = """
insert into intermediate.int_months values
    ('2021-07', '2021-07-01', '2021-08-01', '2021-01', 5), ('2021-08', '2021-08-01', '2021-09-01', '2021-01', 5),
    ('2021-09', '2021-09-01', '2021-10-01', '2021-01', 5);
insert into registry.int_registry__units values
    ('310101', '黄浦区', 'districts', '0001-01-01', '9999-12-31'),
    ('d-wjw', '市卫健委', 'departments', '0001-01-01', '9999-12-31'),
    ('city', '本市发布', null, '0001-01-01', '9999-12-31');
insert into registry.int_registry__accounts (account_id, unit_id, platform, valid_from, valid_to) values
    ('wx-a', '310101', 'wechat', '0001-01-01', '9999-12-31'),
    ('wb-b', 'd-wjw', 'weibo', '0001-01-01', '9999-12-31'),
    ('wx-city', 'city', 'wechat', '0001-01-01', '9999-12-31');
insert into registry.int_registry__account_keys values
    ('wechat', 'key', 'key-a', 'wx-a'), ('weibo', 'key', 'key-b', 'wb-b'),
    -- A name that is spelled like a key, and a key of the other platform: neither is the account's.
    ('wechat', 'name', 'key-a', 'wx-other'), ('wechat', 'key', 'key-b', 'wx-other'), ('weibo', 'key', 'key-a', 'wb-other');
-- July is released; so is August, which is being built again.
insert into evidence.released_owners values
    ('wx-a', '310101', '2021-07-05 09:00:00', '2021-07'), ('wb-b', 'd-wjw', '2021-07-05 09:00:00', '2021-07'),
    ('wx-a', '310101', '2021-08-05 09:00:00', '2021-08'), ('wb-b', 'd-wjw', '2021-08-20 09:00:00', '2021-08');
insert into registry.int_registry__deliveries values
    ('units', 'registry/units.csv', 'sha-units', 3, true, true), ('accounts', 'registry/accounts.csv', 'sha-accounts', 3, true, true),
    ('accounts', 'registry/accounts.csv', 'sha-earlier', 2, false, true);  -- an earlier version of the city's own
insert into registry.int_registry__channels select channel_type || ':1', channel_type from seeds.channel_types;
-- 20 items a day in each channel type, seen by two tools: 2,480 rows.
insert into raw.records (connector, export_sha256, channel_type, account_key, account_pseudonym, record_id, published_at, month)
    select ['vendor', 'crawler'][1 + i % 2], 'sha-' || (i % 2), channel_type, null, channel_type || ':1',
        concat(channel_type, day, '-', i), timestamptz '2021-08-01 12:00:00+08' + to_days(day::int), '2021-08'
    from seeds.channel_types, range(31) d(day), range(20) t(i);
-- The two accounts, 20 rows each in this month and the month before.
insert into raw.records (connector, export_sha256, channel_type, account_key, account_pseudonym, record_id, published_at, month)
    select 'vendor', 'sha-0', platform, 'key-' || account, 'own-' || account, account || day,
        timestamptz '2021-08-01 09:00:00+08' + to_days(day::int), '2021-08'
    from (values ('wechat', 'a'), ('weibo', 'b')) a(platform, account), range(20) d(day);
insert into raw.records
    select * replace ('2021-07' as month, 'july' || record_id as record_id, published_at - interval 31 days as published_at)
    from raw.records where account_key is not null;
insert into raw.export_manifest values
    ('one', 'vendor', 'loaded', 1000, 1000, 0, 0, ['2021-08']),
    ('two', 'crawler', 'partial', 1000, 970, 20, 10, ['2021-07', '2021-08']),
    ('registry', 'registry_units', 'loaded', 3, 3, 0, 0, []);
insert into marts.fct_unit_months values
    ('2021-08', '310101', '黄浦区', 'districts', 1, 20, 12, 6), ('2021-08', 'd-wjw', '市卫健委', 'departments', 1, 20, 20, 4);
insert into marts.fct_posts
    select '2021-08', 'p' || i, i = 0, timestamp '2021-08-02 09:00:00' from range(100) t(i);  -- 1 of 100 has no owner
insert into marts.fct_reprints
    select '2021-08', 'p1', 'i' || i, if(i = 0, 'review', 'A'), i > 0, if(i > 0, null, 'review'), 5, 5, 5 from range(11) t(i);
-- Half of what the reprints of one unit contribute is from an outlet that nobody registered.
insert into staging.stg_channel_items values ('i1', true, null), ('i2', false, null), ('i3', false, 'wx-city');
insert into marts.fct_post_outlets values
    ('2021-08', 'p1', 'o1', 'i1'), ('2021-08', 'p1', 'o2', 'i2'), ('2021-08', 'p1', 'o3', 'i3');
insert into marts.fct_reprint_contributions values
    ('2021-08', 'dissemination', '310101', 'p1', 'o1', 1), ('2021-08', 'dissemination', '310101', 'p1', 'o2', 2),
    ('2021-08', 'dissemination', '310101', 'p1', 'o3', 1);
insert into published.rpt_ranking values
    ('2021-08', 'districts', 'dissemination', '310101', '黄浦区', 1, 60.5, 2, 62.5),
    ('2021-08', 'districts', 'influence', '310101', '黄浦区', 1, 70, 2, 72),
    ('2021-08', 'departments', 'dissemination', 'd-wjw', '市卫健委', 1, 10, 0, 10),
    ('2021-08', 'departments', 'influence', 'd-wjw', '市卫健委', 1, 100, 5, 105);
insert into published.rpt_unit_indicators values
    ('2021-08', '310101', 'dissemination', 'news_app', 40.25), ('2021-08', '310101', 'dissemination', 'news_site', 20.25),
    ('2021-08', '310101', 'influence', 'read', 70), ('2021-08', 'd-wjw', 'dissemination', 'news_app', 10),
    ('2021-08', 'd-wjw', 'influence', 'read', 100);
"""

# Everything that no gate would let pass, of the months before and after.
OTHER_MONTHS = """
insert into registry.int_registry__units values
    ('gone', null, 'districts', '0001-01-01', '2021-08-01'), ('to-come', null, 'districts', '2021-09-01', '9999-12-31');
insert into registry.int_registry__accounts (account_id, unit_id, platform, valid_from, valid_to) values
    ('wx-gone', 'unknown', 'wechat', '0001-01-01', '2021-08-01'), ('wx-new', 'unknown', 'wechat', '2021-09-01', '9999-12-31');
insert into review.qc_registry_conflicts values
    ('account', 'wx-a', '黄浦发布', '2021-07-01', '2021-08-01', '310101', 1, 'd-wjw', 2, 'sha'),
    ('account', 'wx-a', '黄浦发布', '2021-09-01', '2021-10-01', '310101', 1, 'd-wjw', 2, 'sha');
insert into raw.export_manifest values
    ('july', 'broken', 'loaded', 100, 1, 50, 0, ['2021-07']), ('september', 'broken', 'loaded', 100, 1, 50, 0, ['2021-09']);
insert into raw.records (connector, export_sha256, channel_type, account_key, account_pseudonym, record_id, published_at, month)
    select 'broken', 'sha-' || i, 'weibo', 'key-x', 'p' || i, 'same', timestamptz '2021-07-05 00:00:00+08', m
    from range(2) t(i), (values ('2021-07'), ('2021-09')) x(m);
insert into raw.records (connector, export_sha256, channel_type, account_key, account_pseudonym, record_id, published_at, month) select 'july-only', 'sha', 'news_app', null, 'x', 'j' || i, timestamptz '2021-07-05 00:00:00+08', '2021-07'
    from range(200) t(i);
insert into raw.records (connector, export_sha256, channel_type, account_key, account_pseudonym, record_id, published_at, month) select 'burst', 'sha', 'wechat', 'key-a', 'own-a', 'late' || i, timestamptz '2021-09-05 00:00:00+08', '2021-09'
    from range(4000) t(i);
insert into marts.fct_unit_months select m, 'nobody', '', 'districts', 0, 0, 9, 0 from (values ('2021-07'), ('2021-09')) x(m);
insert into marts.fct_posts select m, 'same', true, null from (values ('2021-07'), ('2021-09')) x(m), range(2000);
insert into marts.fct_reprints
    select m, 'p1', 'i', 'review', true, 'late', null, null, null from (values ('2021-07'), ('2021-09')) x(m), range(50);
insert into review.qc_suspect_counts
    select m, reason, 'i', 'weibo', 'wb-b', 'crawler', 'like', 1, 2
    from (values ('2021-07'), ('2021-09')) x(m), (values ('fell'), ('jumped')) y(reason);
insert into review.qc_bursts
    select m, '310101', 'wechat', '2021-08-02 09:00:00', 90, 20 from (values ('2021-07'), ('2021-09')) x(m);
insert into review.qc_waking_outlets
    select m, '310101', 'wechat:' || i, 5, 3, 9 from (values ('2021-07'), ('2021-09')) x(m), range(9) t(i);
insert into review.qc_rank_leverage
    select m, 'influence', '310101', '黄浦区', 'largest_item', 'weibo:1', 'weibo:1', 1, 0.9, 1, 30, 5, 7, x.small, null
    from (values ('2021-07', false), ('2021-07', true), ('2021-09', false), ('2021-09', true)) x(m, small);
insert into review.qc_stale_corrections select m, 'match_decisions', 'p', 'i', 'a', 'b', 'gone' from (values ('2021-07'), ('2021-09')) x(m);
insert into published.rpt_ranking
    select m, l, 'influence', u, '黄浦区', 7, 101, 6, score
    from (values ('2021-07'), ('2021-09')) x(m), (values ('districts', '310101', 900), ('departments', 'd-wjw', 950), ('districts', 'gone', null)) y(l, u, score);
insert into marts.fct_post_outlets select m, 'p1', 'o2', 'i2' from (values ('2021-07'), ('2021-09')) x(m);
insert into marts.fct_reprint_contributions select m, 'dissemination', '310101', 'p1', 'o2', 1 from (values ('2021-07'), ('2021-09')) x(m);
insert into published.rpt_unit_indicators select m, '310101', 'influence', 'read', 50 from (values ('2021-07'), ('2021-09')) x(m);
"""

# So that a month which lost a channel is still a city's month and no hand-made sample.
MORE_NEWS = """
insert into raw.records (connector, export_sha256, channel_type, account_key, account_pseudonym, record_id, published_at, month) select 'vendor', 'sha', 'news_app', null, 'x', 'more' || i, timestamptz '2021-08-01 12:00:00+08'
    + to_days((i % 31)::int), '2021-08' from range(2000) t(i)
"""


def frames() -> list[str]:
    """The models that the gates read, after the limits that they compare with."""
    return ["int_quality_limits", *sorted(file.stem for file in MODELS.glob("*.sql"))]


def connect(file: Path) -> duckdb.DuckDBPyConnection:
    con = duckdb.connect(str(file))
    con.execute("set TimeZone = 'Asia/Shanghai'")
    return con


def build(home: Path) -> Path:
    """Write the warehouse of a data home."""
    file = home / "warehouse" / "bangdan.duckdb"
    file.parent.mkdir(parents=True)
    with connect(file) as con:
        con.execute("begin")
        for schema in (
            "raw",
            "evidence",
            "staging",
            "registry",
            "seeds",
            "intermediate",
            "review",
            "marts",
            "published",
            "gates",
        ):
            con.execute(f"create schema {schema}")
        con.execute(
            f"create table seeds.quality_floors as select * replace (nullif(scope, '') as scope) from read_csv('{FLOORS}',"
            " types = {'value': 'varchar', 'scope': 'varchar', 'valid_from': 'date', 'valid_to': 'date'})"
        )
        for file in (REFERENCE / "channel_types.csv", METHOD_INDICATORS):
            con.execute(f"create table seeds.{file.stem} as from read_csv('{file}', header = true)")
        con.execute(TABLES)
        con.execute(AUGUST)
        con.execute(OTHER_MONTHS)
        for model in frames():
            con.execute(f"create view {schema_of(model)}.{model} as {rendered(model, str(MONTH), str(MONTH))[0]}")
        con.execute("commit")
    return home


def copy(home: Path, target: Path, *statements: str) -> Settings:
    """A data home with the same warehouse after some statements."""
    shutil.copytree(home, target)
    if statements:
        with connect(target / "warehouse" / "bangdan.duckdb") as con:
            con.execute("begin")
            for statement in statements:
                con.execute(statement)
            con.execute("commit")
    return settings_of(target)


def settings_of(home: Path) -> Settings:
    return Settings(home, threads=1, memory_limit="1GB")


def one_frame(gate: str, frame: str, folder: Path) -> Path:
    """A folder of expectations that holds the rules of one frame of a gate."""
    suite = yaml.safe_load((PROJECT / "expectations" / f"{gate}.yml").read_text("utf-8"))
    folder.mkdir(exist_ok=True)
    (folder / f"{gate}.yml").write_text(yaml.safe_dump({**suite, "frames": {frame: suite["frames"][frame]}}), "utf-8")
    return folder


def refusal(settings: Settings, gate: str) -> GateRefused | None:
    """How a gate refuses the month; None where it passes."""
    try:
        gates.check(settings, MONTH, gate)
    except GateRefused as refused:
        return refused
    return None


def report(settings: Settings, gate: str) -> dict[str, Any]:
    """What the gate's last run has left for people."""
    return json.loads(gates.report_path(settings, MONTH, gate).read_text("utf-8"))
