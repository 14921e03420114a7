"""The dbt project as dbt parsed it, kept next to the project for every data folder.

dbt keeps what it parsed too, but for one data folder: paths of that folder are part of it. Parsing takes seconds of CPU time,
reading this file a quarter of a second.
"""

from __future__ import annotations

import hashlib
from contextlib import suppress
from importlib.metadata import version
from pathlib import Path
from typing import Any

from bangdan.core import files
from bangdan.core.settings import Settings

# Folders of the project that dbt writes.
WRITTEN = {"target", "logs", "dbt_packages"}
DIGEST = 32  # bytes of a SHA-256, which the file begins with


def load(settings: Settings, seeds: Path) -> Any:
    """The manifest that `save` kept of the same project and the same names of seeds, for the seeds below `seeds`; None
    where there is none, or where the file is damaged.
    """
    try:
        data = _file(settings, seeds).read_bytes()
    except OSError:
        return None
    digest, content = data[:DIGEST], data[DIGEST:]
    if hashlib.sha256(content).digest() != digest:
        return None
    from dbt.contracts.graph.manifest import Manifest
    from dbt.parser.manifest import extended_mashumuro_decoder

    manifest = Manifest.from_msgpack(content, decoder=extended_mashumuro_decoder)
    for node in manifest.nodes.values():
        if node.resource_type == "seed":
            node.original_file_path = str(seeds / node.path)
    manifest.build_parent_and_child_maps()
    manifest.build_flat_graph()
    return manifest


def save(settings: Settings, seeds: Path, manifest: Any) -> None:
    """Keep a manifest in the place of those of earlier states of the project; nothing where the folder cannot be written."""
    from dbt.parser.manifest import extended_mashumaro_encoder

    # What dbt compares when it parses again; nothing parses again from this manifest.
    manifest.files.clear()
    manifest.env_vars.clear()
    content = manifest.to_msgpack(extended_mashumaro_encoder)
    target = _file(settings, seeds)
    with suppress(OSError):
        files.write_bytes(target, hashlib.sha256(content).digest() + content)
        files.sweep(target.parent)
        for file in target.parent.glob("parsed-*.msgpack"):
            if file != target:
                file.unlink()


def _file(settings: Settings, seeds: Path) -> Path:
    """Named by all that dbt's result follows from: its versions, the project's place and files, the names of the seeds."""
    project = settings.dbt_project
    digest = hashlib.sha256(f"{version('dbt-core')} {version('dbt-duckdb')} {project}\n".encode())
    for path in sorted(project.rglob("*")):
        name = path.relative_to(project)
        if path.is_file() and name.parts[0] not in WRITTEN:
            digest.update(f"{name.as_posix()} {files.sha256_of(path)}\n".encode())
    for path in sorted(seeds.rglob("*.csv")):
        digest.update(f"{path.relative_to(seeds).as_posix()}\n".encode())
    return project / "target" / f"parsed-{digest.hexdigest()[:32]}.msgpack"
