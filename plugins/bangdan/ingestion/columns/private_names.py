"""Names of columns that hold secrets or data of persons: such columns are never kept beyond what a mapping reads."""

from __future__ import annotations

import re

_PRIVATE = re.compile(
    r"cookie|session|passw|pass_?ticket|(^|_)pwd|secret|token|credential|authori[sz]ation|wap_?sid|(app|api|private)_?key|"
    r"密码|口令|会话|密钥|"
    r"e_?mail|phone|(^|_)mobile$|(^|_)tel$|id_?card|real_?name|birth|gender|邮箱|电话|手机|身份证|真实姓名|生日|性别",
    re.IGNORECASE,
)


def looks_private(name: str) -> bool:
    """Does a header name, or a dotted path, look like a secret or like data of a person?"""
    return _PRIVATE.search(name.replace("-", "_").replace(" ", "_")) is not None
