"""Write the Douyin exports of the made-up city of first_city.py, as MediaCrawler writes them.

    python docs/examples/new-platform/douyin_exports.py DIR [YYYY-MM]

One account of a unit, and one outlet that carries posts of the city's units.
"""

from __future__ import annotations

import json
import sys
from datetime import datetime, timedelta, timezone
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from first_city import UNITS, WEIBO_UIDS, Post, posts

UNIT, OWN, OUTLET = "bay-health", "1000000000000011", "1000000000000099"
SHANGHAI = timezone(timedelta(hours=8))


def main(folder: Path, month: str) -> None:
    """Write inbox/<month>/douyin of the city."""
    target = folder / "inbox" / month / "douyin"
    target.mkdir(parents=True, exist_ok=True)
    by_unit = {unit: posts(unit, "weibo", uid, month) for unit, uid in WEIBO_UIDS.items()}
    own = [contents(post, OWN, f"{UNITS[UNIT][0]}发布", "12", "快来看！") for post in by_unit[UNIT]]
    carried = [
        contents(post, OUTLET, "湾城短视频", "21", "")
        for unit, of_unit in by_unit.items()
        for post in of_unit
        if post.number % 3 == 0 or unit == "bay-work"
    ]
    for name, rows in (("creator_contents_own.jsonl", own), ("creator_contents_outlet.jsonl", carried)):
        lines = "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)
        (target / name).write_text(lines, "utf-8")


def contents(post: Post, user_id: str, nickname: str, hour: str, begin: str) -> dict[str, object]:
    """A row of MediaCrawler's contents: a video whose description has the words of a post, later on its day."""
    at = datetime.fromisoformat(f"{post.at[:10]}T{hour}:{10 + post.number}:00").replace(tzinfo=SHANGHAI)
    text, last = f"{begin}{post.title}。{post.text}", int(user_id[-2:])
    return {
        "aweme_id": f"73{int(post.record) % 10**14:014}{last:02}", "aweme_type": "0", "title": text, "desc": text,
        "create_time": int(at.timestamp()), "user_id": user_id, "sec_uid": f"MS4wLjABAAAA{user_id}", "short_user_id": "0",
        "user_unique_id": "", "user_signature": "", "nickname": nickname, "avatar": "",
        "liked_count": str(300 + post.number), "collected_count": "9", "comment_count": "12", "share_count": "20",
        "ip_location": "上海", "last_modify_ts": int(at.timestamp() + 86_400) * 1000,
        "aweme_url": f"https://www.douyin.com/video/73{int(post.record) % 10**14:014}{last:02}", "source_keyword": "",
    }  # fmt: skip


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2] if len(sys.argv) > 2 else "2021-08")
