"""Synthetic texts: government prose put together from short fragments, so that two texts rarely share a long run."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from random import Random
from typing import Any

import yaml

DATA = Path(__file__).with_name("data")


@lru_cache(maxsize=1)
def lexicon() -> dict[str, Any]:
    return yaml.safe_load((DATA / "lexicon.yml").read_text("utf-8"))


@dataclass(frozen=True)
class Text:
    """Title and body of one article; `topic` is the lexicon's."""

    topic: str
    title: str
    body: str


class Writer:
    """Writes articles with one seeded source of randomness. Never uses Python's hash or the clock."""

    def __init__(self, seed: str) -> None:
        self.random = Random(seed)
        self.general = lexicon()["general"]
        self.topics = lexicon()["topics"]
        self.districts = list(lexicon()["streets"])
        self.streets = lexicon()["streets"]

    def pick(self, words: list[str]) -> str:
        return words[int(self.random.random() * len(words))]

    def fill(self, pattern: str, place: str, topic: dict[str, Any]) -> str:
        """Replace the slots of a lexicon pattern."""
        if "ⓓ" in pattern:
            pattern = pattern.replace("ⓓ", place)
        if "ⓐ" in pattern:
            pattern = pattern.replace("ⓐ", self.pick(topic["a"]))
        if "ⓞ" in pattern:
            pattern = pattern.replace("ⓞ", self.pick(topic["o"]))
        if "ⓧ" in pattern:
            pattern = pattern.replace("ⓧ", self.pick(self.general["x"]))
        while "ⓝ" in pattern:
            pattern = pattern.replace("ⓝ", str(self.number()), 1)
        while "ⓟ" in pattern:
            pattern = pattern.replace("ⓟ", f"{60 + self.random.random() * 40:.1f}", 1)
        return pattern

    def number(self) -> int:
        """A plausible count: 2 to about 9,000, small ones more often."""
        return 2 + int(10 ** (self.random.random() * 3.9) * 1.1)

    def place(self, district: str | None) -> str:
        district = district or self.pick(self.districts)
        return f"{district}{self.pick(self.streets[district])}"

    def person(self) -> str:
        g = self.general
        return f"{self.pick(g['role'])}{self.pick(g['surname'])}{self.pick(g['given'])}"

    def sentence(self, topic: dict[str, Any], district: str | None, actor: str) -> str:
        """One sentence of one of ten shapes."""
        g, pick, kind = self.general, self.pick, int(self.random.random() * 10)
        act, thing, result = pick(topic["a"]), pick(topic["o"]), self.fill(pick(topic["r"]), actor, topic)
        if kind == 0:
            return f"{pick(g['when'])}，{self.place(district)}{pick(g['who'])}{pick(g['adv'])}{act}{thing}，{result}。"
        if kind == 1:
            return f"{pick(g['link'])}{actor}{pick(g['how'])}，{act}{thing}，{pick(g['effect'])}。"
        if kind == 2:
            return f"“{pick(g['quote'])}。”{self.place(district)}的{self.person()}说，{result}。"
        if kind == 3:
            return f"{pick(g['link'])}{self.place(district)}{act}{thing}共{self.number()}处，{result}。"
        if kind == 4:
            return f"下一步，{actor}将{pick(g['adv'])}{act}{thing}，{pick(g['goal'])}。"
        if kind == 5:
            return f"{self.person()}告诉记者，{pick(g['when'])}{act}{thing}后，{pick(g['effect'])}。"
        if kind == 6:
            return f"{pick(g['when'])}，{actor}{pick(g['how'])}，{result}，{pick(g['goal'])}。"
        if kind == 7:
            return f"在{self.place(district)}，{thing}由{pick(g['who'])}{pick(g['adv'])}{act}，{pick(g['effect'])}。"
        if kind == 8:
            return f"{pick(g['link'])}{thing}{act}{self.number()}项，{pick(g['who'])}{pick(g['how'])}，{result}。"
        return f"{actor}{self.pick(['表示', '介绍', '提醒', '回应'])}，{pick(topic['o'])}与{thing}{pick(g['adv'])}{act}，{result}。"

    def article(self, topic_id: str, actor: str, district: str | None, length: int) -> Text:
        """An article of about `length` characters by `actor`."""
        topic = self.topics[topic_id]
        title = self.fill(self.pick(topic["t"]), actor, topic)
        parts, size = [], 0
        while size < length:
            parts.append(self.sentence(topic, district, actor))
            size += len(parts[-1])
            if len(parts) % 3 == 0:
                parts.append("\n")
        parts.append(self.pick(self.general["close"]))
        return Text(topic_id, title, "".join(parts))


def weather_bulletin(r: Random, month: int, day: int) -> str:
    """The daily forecast: the same words every day, other numbers."""
    low = r.randint(22, 28)
    return (
        f"上海中心气象台{month}月{day}日17时发布天气预报：今天夜里到明天多云到阴，有时有阵雨，偏南风{r.randint(2, 4)}到"
        f"{r.randint(4, 6)}级。今晚最低气温{low}℃，明天最高气温{low + r.randint(4, 9)}℃，相对湿度{r.randint(55, 95)}%，"
        f"紫外线强度{r.randint(1, 5)}级，户外体育活动适宜度{r.randint(1, 5)}级。请市民合理安排出行，注意防雨防滑。"
    )


def air_bulletin(r: Random, month: int, day: int) -> str:
    """The daily air quality report."""
    return (
        f"{month}月{day}日本市空气质量日报：空气质量指数（AQI）为{r.randint(25, 130)}，首要污染物为"
        f"{r.choice(['臭氧', '细颗粒物', '可吸入颗粒物', '二氧化氮'])}，细颗粒物平均浓度{r.randint(6, 60)}微克/立方米，臭氧最大八小时浓度"
        f"{r.randint(50, 200)}微克/立方米。预计明天扩散条件{r.choice(['较好', '一般', '较差'])}，空气质量指数在{r.randint(30, 60)}到{r.randint(61, 120)}之间。"
    )


def case_bulletin(r: Random, month: int, day: int) -> str:
    """The daily epidemic bulletin."""
    cases = r.randint(0, 9)
    return (
        f"市卫健委通报：{month}月{day}日0—24时，通过口岸联防联控机制，报告{cases}例境外输入性新冠肺炎确诊病例，新增治愈出院"
        f"{r.randint(0, 12)}例。截至{month}月{day}日24时，累计报告境外输入性确诊病例{r.randint(1700, 2400)}例，出院{r.randint(1600, 2300)}例，"
        f"在院治疗{r.randint(40, 160)}例。同航班密切接触者{r.randint(8, 240)}人已落实集中隔离观察，现有待排查的疑似病例{r.randint(0, 3)}例。"
    )


CITY_TEXTS = [
    "关于做好{m}月下旬高温天气防暑降温工作的通知",
    "致全体市民的一封信",
    "{m}月起这些新规将影响你的生活",
    "随申办新增便民服务清单",
    "全市政务服务窗口延时服务安排",
    "市民文明健康公约（修订版）",
    "城市安全隐患随手拍征集启事",
    "暑期青少年安全十条提醒",
]
