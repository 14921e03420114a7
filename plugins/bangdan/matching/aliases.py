"""Names by which an item attributes its text to an account."""

from __future__ import annotations

import re
from collections import defaultdict
from dataclasses import dataclass, field

import pyarrow as pa

from bangdan.core.normal_forms import normal_name

# 来源：上海杨浦、转自 @上海杨浦发布 … : the name that follows, up to a character that ends a name.
IN_TEXT = re.compile(
    r"(?:来源|來源|转自|轉自|转载自|轉載自|//@|@)\s*(?:[：:|｜/]\s*)?@?([^\s，。、；：:|｜（）()【】\[\]<>//@#！!]{2,30})"
)


@dataclass
class Aliases:
    """The accounts that a name in an attribution can mean, by the name's normal form."""

    accounts: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))

    @classmethod
    def of(cls, table: pa.Table | None, min_chars: int) -> Aliases:
        """Read (account_id, name, and a list of aliases where there are any); shorter names mean nobody."""
        aliases = cls()
        for row in table.to_pylist() if table is not None else []:
            for name in [row.get("name"), *(row.get("aliases") or [])]:
                normal = normal_name(name or "")
                if normal and len(normal) >= min_chars:
                    aliases.accounts[normal].add(row["account_id"])
        return aliases

    def in_field(self, attribution: str | None) -> set[str]:
        """Accounts that an attribution field names; the field holds nothing but the name."""
        return self.accounts.get(normal_name(attribution or "").lstrip("@"), set())

    def in_text(self, text: str | None) -> set[str]:
        """Accounts that the running text names as its source."""
        if not text or not self.accounts:
            return set()
        return set().union(*(self.accounts.get(normal_name(name), set()) for name in IN_TEXT.findall(text)))
