"""The synthetic city's size and its registry: the bulletin's totals, whole at every scale, the same from one seed."""

from __future__ import annotations

import base64
from collections import Counter

import pytest

from bangdan.core.months import Month
from bangdan.demo import posts, world

AUGUST, JULY = Month(2021, 8), Month(2021, 7)


def test_august_2021_has_the_totals_that_the_bulletin_printed() -> None:
    plan = world.plan(AUGUST, 1.0)
    assert (plan.wechat, plan.weibo, plan.wechat + plan.weibo) == (16_734, 33_852, 50_586)
    assert plan.originals == 29_978
    assert round(100 * plan.originals / 50_586, 1) == 59.3
    assert plan.epidemic > 4_200


def test_july_2021_is_7_2_points_below_in_originals() -> None:
    plan = world.plan(JULY, 1.0)
    assert round(100 * plan.originals / (plan.wechat + plan.weibo), 1) == 52.1
    assert (plan.wechat, plan.weibo, plan.originals, plan.epidemic) == (16_120, 33_014, 25_579, 2_870)


def test_a_scale_makes_every_total_smaller_by_its_share() -> None:
    plan = world.plan(AUGUST, 0.02)
    # 16734 · 0.02 = 334.68, 33852 · 0.02 = 677.04, 29978 · 0.02 = 599.56, 4440 · 0.02 = 88.8
    assert (plan.wechat, plan.weibo, plan.originals, plan.epidemic) == (335, 677, 600, 89)
    assert (plan.month, plan.scale) == (AUGUST, 0.02)


@pytest.mark.parametrize("month", ["2018-02", "2019-12", "2020-01", "2022-05", "2023-11"])
def test_any_other_month_has_a_size_of_its_own_near_these(month: str) -> None:
    plan, again = (world.plan(Month.parse(month), 1.0) for _ in range(2))
    assert plan == again
    assert 13_500 <= plan.wechat <= 16_500
    assert 27_000 <= plan.weibo <= 33_500
    assert 0.47 <= plan.originals / (plan.wechat + plan.weibo) <= 0.6
    if month < "2020":
        assert plan.epidemic == 0
    else:
        assert 1_800 <= plan.epidemic <= 6_000


def test_months_differ_in_size() -> None:
    assert len({world.plan(Month(2022, number), 1.0).weibo for number in range(1, 13)}) > 10


def test_the_posts_of_the_whole_city_are_shared_out_to_the_last_one() -> None:
    """Nothing is written: the plan's posts per account, by the weights and the smallest share that writing uses."""
    for platform, total in (("wechat", 16_734), ("weibo", 33_852)):
        own = [account for account in world.accounts() if account.platform == platform]
        weights = [account.weight * (0.4 + account.unit.strength) ** 0.5 for account in own]
        shares = world.share_out(total, weights, least=1)
        assert sum(shares) == total
        assert min(shares) >= 1
        # A fraction of a post is the only thing that a share may differ by from its weight.
        rest = total - len(own)
        assert all(
            abs(share - 1 - rest * weight / sum(weights)) < 1 for share, weight in zip(shares, weights, strict=True)
        )


@pytest.mark.parametrize(
    ("total", "weights", "least", "shares"),
    [
        (10, [1, 1, 1], 0, [4, 3, 3]),  # equal remainders: the first takes it
        (10, [1, 1, 2], 0, [3, 2, 5]),  # 2.5, 2.5, 5
        (7, [3, 1], 0, [5, 2]),  # 5.25 and 1.75: the larger remainder takes it
        (10, [1, 9], 2, [3, 7]),  # two each, then .6 and 5.4: the larger remainder takes the odd one
        (3, [1, 1, 1], 1, [1, 1, 1]),
        (0, [1, 2], 0, [0, 0]),
    ],
)
def test_whole_numbers_by_weight_and_largest_remainder(
    total: int, weights: list[float], least: int, shares: list[int]
) -> None:
    assert world.share_out(total, weights, least) == shares


def test_too_few_for_everybody_is_refused() -> None:
    with pytest.raises(ValueError, match="2 cannot give 1 to each of 3"):
        world.share_out(2, [1, 1, 1], least=1)


def test_the_city_has_16_districts_and_departments_on_a_list_of_their_own() -> None:
    units = world.units()
    assert Counter(unit.ranking_list for unit in units) == {"districts": 16, "departments": len(units) - 16}
    assert {unit.unit_type for unit in units} == {"district", "commission_or_bureau", "peoples_organization"}
    assert all((unit.unit_type == "district") == (unit.ranking_list == "districts") for unit in units)
    assert len({unit.unit_id for unit in units}) == len({unit.name for unit in units}) == len(units)
    for unit in units:
        assert unit.actor == unit.name
        assert unit.district == (unit.name if unit.unit_type == "district" else None)
        assert unit.strength > 0


def test_a_district_has_four_and_four_accounts_and_a_department_two_and_three() -> None:
    result = Counter((account.unit.unit_id, account.platform) for account in world.accounts())
    for unit in world.units():
        wanted = (4, 4) if unit.ranking_list == "districts" else (2, 3)
        assert (result[unit.unit_id, "wechat"], result[unit.unit_id, "weibo"]) == wanted


def test_accounts_have_keys_and_names_of_their_own_per_platform() -> None:
    accounts = world.accounts()
    assert len({(account.platform, account.key) for account in accounts}) == len(accounts)
    assert len({account.account_id for account in accounts}) == len(accounts)
    for account in accounts:
        assert account.account_id.startswith("wx-" if account.platform == "wechat" else "wb-")
        if account.platform == "wechat":
            assert base64.b64decode(account.key).decode().isdigit()
        else:
            assert account.key.isdigit()
    first, second = accounts[:2]
    assert first.weight > second.weight


def test_the_account_that_moves_belongs_to_a_unit_and_moves_to_another() -> None:
    ids = {account.account_id: account.unit.unit_id for account in world.accounts()}
    assert ids[world.MOVED_ACCOUNT] == "d-mzj"
    assert world.MOVED_TO in {account.unit_id for account in world.units()}
    assert world.MOVED_AT == "2021-08-15 00:00:00"


def test_outlets_are_as_many_as_the_bulletin_says_and_each_has_its_own_key_and_name() -> None:
    outlets = world.outlets()
    assert {channel: len(result) for channel, result in outlets.items()} == {
        "news_app": 276, "news_site": 251, "wechat": 1_200, "weibo": 4_000,
    }  # fmt: skip
    for channel, result in outlets.items():
        assert {account.channel_type for account in result} == {channel}
        assert len({account.key for account in result}) == len({account.name for account in result}) == len(result)
    keys = {account.key for account in world.accounts()}
    assert not keys & {account.key for result in outlets.values() for account in result}


def test_how_widely_a_unit_is_reprinted_follows_its_strength_and_the_scale() -> None:
    unit = world.units()[0]
    whole, half = (world.plan(AUGUST, scale).strength(unit) for scale in (1.0, 0.5))
    assert half == pytest.approx(whole / 2)
    assert 0.93 <= whole / unit.strength <= 1.07
    assert world.plan(JULY, 1.0).strength(unit) != whole


def test_the_human_resources_bureau_rises_in_august_2021_only() -> None:
    (bureau,) = (unit for unit in world.units() if unit.unit_id == "d-rsj")
    assert world.plan(AUGUST, 1.0).strength(bureau) / bureau.strength > 1.4
    assert world.plan(JULY, 1.0).strength(bureau) / bureau.strength < 1.1


@pytest.mark.parametrize(
    ("at", "seconds"),
    # 2009-08-14 00:00 in Shanghai is 1250179200 s after 1970, less 515483463 s
    [("2009-08-14 00:00:00", 734_695_737), ("2021-08-15 08:00:00", 1_113_502_137)],
)
def test_a_weibo_id_carries_its_second_in_the_upper_bits(at: str, seconds: int) -> None:
    from datetime import datetime

    assert int(posts.mid_at(datetime.fromisoformat(at), 0)) == seconds << 22
    assert int(posts.mid_at(datetime.fromisoformat(at), 4_194_303)) >> 22 == seconds
    assert int(posts.mid_at(datetime.fromisoformat(at), 7)) & 0x3FFFFF == 7


def test_ids_of_wechat_pushes_differ_between_months() -> None:
    starts = [Month(2015 + n // 12, n % 12 + 1).start for n in range(120)]
    assert len({posts.msgid(at, serial) for at in starts for serial in (0, 999_999)}) == 240
