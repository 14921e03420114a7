"""The bill of materials of this version, CycloneDX 1.6, from the lock alone: no clock, no serial number, no address.

python .ci/sbom.py > docs/supply-chain/sbom.cdx.json
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

PROJECT = Path(__file__).resolve().parents[1]


def sbom() -> str:
    """JSON text; the same lock and pyproject give the same bytes."""
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-m", "cyclonedx_py", "requirements", "requirements.lock", "--pyproject",
         "pyproject.toml", "--output-reproducible", "--spec-version", "1.6", "--output-format", "JSON"],
        cwd=PROJECT, check=True, capture_output=True, text=True,
    )  # fmt: skip
    told = json.loads(done.stdout)
    for one in told["components"]:
        del one["description"]  # the line of the lock again
        for reference in one.get("externalReferences", []):
            # Where a package is fetched from is the machine's business; its hashes tell whether it is the right one.
            reference.update(url=one["purl"], comment="any index: the hashes decide")
    # What the tool says of itself changes with it, not with this project.
    told["metadata"].pop("tools", None)
    return json.dumps(told, ensure_ascii=False, indent=1, sort_keys=True) + "\n"


if __name__ == "__main__":
    sys.stdout.write(sbom())
