"""Import libraries without those of their imports that cost seconds and that nothing of ours uses."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from types import ModuleType

# The grammar of internationalised addresses, which jsonschema compiles for a format that no schema here names; the
# charts that Great Expectations draws of one of its expectations.
UNUSED = ("rfc3987_syntax", "altair")


@contextmanager
def without_unused() -> Iterator[None]:
    """Within the block, what is imported finds empty modules in the place of UNUSED, unless they are loaded already."""
    empty = {name: ModuleType(name) for name in UNUSED if name not in sys.modules}
    sys.modules.update(empty)
    try:
        yield
    finally:
        for name, module in empty.items():
            if sys.modules.get(name) is module:
                del sys.modules[name]
