"""The bulletin: every sentence follows from the tables. Change the data and the sentence changes, or is not there."""

from __future__ import annotations

import pyarrow.parquet as pq
import pytest

from bangdan.core.formatting import headline
from bangdan.core.months import Month
from bangdan.core.settings import Settings
from bangdan.publication import tables
from bangdan.publication.pages import bulletin

MONTH = Month.parse("2021-08")


def test_a_story_is_named_by_its_headline() -> None:
    assert headline("#话题#【人才资格互认】针对群众反映的问题，互认70项。") == "人才资格互认"
    assert headline("就业服务周开始了。" + "详情" * 40) == "就业服务周开始了"
    assert headline("详情" * 40) == "详情" * 29 + "详…"


def test_the_bulletin_of_the_small_city_is_this_text(small: Settings) -> None:
    """Chinese first, then the same in English; worked by hand from the values of the small city."""
    chinese, english = (small.releases / "2021-07/r1/bulletin.md").read_text("utf-8").split("\n---\n\n")
    assert (
        chinese
        == """# 2021年7月政务新媒体榜单

## 总体情况

2021年7月，全市政务新媒体两微共发稿46,200篇，其中微信15,000篇，微博31,200篇。原创稿件24,070篇，原创率52.1%，比上个月提高2.1个百分点。\
全部稿件中，30篇被所监测的渠道转载，共441次。

本榜单由甲中心、乙中心联合发布。

## 区级榜单

传播力方面，黄浦区以77.25分居首位。前十位依次为黄浦区（77.25）、杨浦区（42.50）、徐汇区（30.00）。

影响力方面，黄浦区以81.00分居首位。前十位依次为黄浦区（81.00）、徐汇区（30.00）、杨浦区（30.00）。

与上月相比，没有单位升降两位以上或离开上月的名次区间。

## 名次的把握

名次由稿件抽样检验分档，同档单位之间先后差别不大：区级榜单传播力2档、区级榜单影响力2档。

## 关于榜单

传播力看稿件在新闻客户端、新闻网站、微信、微博的转载，影响力看这些转载获得的阅读、点赞、评论，附加分看本月主题的参与。\
权重为本项目自定（方法版本2021-01），两个维度不合并为一个总分。
"""
    )
    assert english.startswith(
        "# Government new media ranking, 2021-07\n\n## The month as a whole\n\nIn 2021-07 the city's government accounts published"
        " 46,200 posts, 15,000 on WeChat and 31,200 on Weibo. 24,070 of them were originals, 52.1 %, 2.1 percentage points"
        " more than the month before. Of all posts 30 were carried by the monitored channels, 441 times in all."
    )
    assert english.count("\n## ") == 4


@pytest.mark.parametrize("is_synthetic", [True, False])
def test_a_synthetic_month_says_so_before_anything_else(small: Settings, is_synthetic: bool) -> None:
    folder = small.releases / "2021-07/r1/tables"
    read = {name: pq.read_table(folder / f"{name}.parquet") for name in tables.ORDER}
    text = bulletin.of(read, MONTH, is_synthetic, facts=[])
    made = bulletin.markdown(text)
    notice = "> 合成数据，仅供演示 / Synthetic data, for demonstration only\n\n"
    assert made.startswith(notice + "# 2021年8月" if is_synthetic else "# 2021年8月")
    assert ("合成数据" in made) is is_synthetic
    assert bulletin.plain_text(text).startswith("合成数据" if is_synthetic else "2021年8月")
    page = bulletin.wechat(text)
    assert (page.index("合成数据") < page.index("<h1")) if is_synthetic else "合成数据" not in page


@pytest.mark.parametrize("character", "\\`*_{}[]<>()#|!~&@")
def test_no_character_of_a_text_is_markdown(character: str) -> None:
    assert bulletin.escaped(f"甲{character}  乙\n丙\u200b") == f"甲\\{character} 乙 丙"
