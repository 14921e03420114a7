"""The page of months for Airflow's plugin: state, doors, release, what is pending, and where to read on."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from jinja2 import Environment, StrictUndefined

from bangdan.core.settings import Settings
from bangdan.operations import status

# What may be served of the data folder, by the first part of an address: releases are public; of the reports of runs
# only what people are sent to.
SERVED = {"releases": ("*",), "runs": ("quality", "candidate")}

PAGE = """<!doctype html>
<html lang="zh-CN"><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>榜单 各月状态 Months</title>
<style>
:root { color-scheme: light dark } body { font: 16px/1.5 system-ui, "Noto Sans CJK SC", sans-serif; margin: 1.5rem }
table { border-collapse: collapse } th, td { text-align: left; padding: .35rem .8rem; border-bottom: 1px solid #8886; vertical-align: top }
th, td > a { white-space: nowrap } td.n { text-align: right; font-variant-numeric: tabular-nums } .refused { font-weight: bold }
div { overflow-x: auto }
</style>
<h1>榜单 各月状态 <span lang="en">Months</span></h1>
<p><a href="releases/index.html">全部发布 <span lang="en">All releases</span></a></p>
{% if not months %}<p>尚无数据 <span lang="en">Nothing yet</span></p>{% else %}
<div tabindex="0" role="region" aria-label="各月状态 Months"><table>
<tr><th scope="col">月份 Month<th scope="col">导出 Exports<th scope="col">行 Rows<th scope="col">关口 Doors<th scope="col">发布 Release<th scope="col">待办 Open</tr>
{% for one in months %}<tr><th scope="row">{{ one.month }}
<td class="n">{{ "{:,}".format(one.exports) }}<td class="n">{{ "{:,}".format(one.accepted) }}
<td>{% for door, verdict in one.gates.items() %}<a class="{{ verdict }}" href="runs/{{ one.month }}/quality/{{ door }}.html">{{ door }} {{ {"passed": "✓ 通过", "refused": "✗ 拒绝"}[verdict] }}</a><br>{% endfor %}
<td>{% if one.release %}<a href="releases/{{ one.month }}/{{ one.release }}/index.html">{{ one.release }}</a>{% else %}–{% endif %}
<td>{% if one.pending %}待更正 restatement pending: {{ one.pending }}<br>{% endif %}
{% if one.failed %}运行 {{ one.failed.run }} 止于 {{ one.failed.stage }} run ended: {{ one.failed.said }}<br>{% endif %}
{% if one.where and one.where.cause %}{{ one.where.stage }}: {{ one.where.cause }}<br>{{ one.where.remedy }}<br>{% endif %}
{% if one.has_candidate %}<a href="runs/{{ one.month }}/candidate/index.html">候选榜单 candidate</a>{% endif %}</tr>
{% endfor %}</table></div>{% endif %}
</html>
"""


def page(settings: Settings) -> str:
    """All months that have exports or a release, the newest first."""
    rows: list[dict[str, Any]] = []
    for one in reversed(status.months(settings)["months"]):
        has_candidate = (settings.runs / one["month"] / "candidate" / "index.html").exists()
        rows.append({**one, "has_candidate": has_candidate})
    return Environment(autoescape=True, undefined=StrictUndefined).from_string(PAGE).render(months=rows)


def served(settings: Settings, room: str, path: str) -> Path | None:
    """The file that an address names, or None where it names none that may be served."""
    root = (settings.home / room).resolve()
    file = (root / path).resolve()
    if room not in SERVED or not file.is_relative_to(root) or not file.is_file():
        return None
    parts = file.relative_to(root).parts
    allowed = SERVED[room] == ("*",) or (len(parts) == 3 and parts[1] in SERVED[room])
    return file if allowed and not any(part.startswith(".") for part in parts) else None
