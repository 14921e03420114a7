"""What dbt parsed in one data folder serves all others, until a file of the project is another."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from bangdan import transform
from bangdan.core import parsed_project, settings
from bangdan.core.settings import PROJECT, Settings


@pytest.fixture(scope="module")
def checkout(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A checkout whose project has been parsed for the data folder `first`."""
    base = tmp_path_factory.mktemp("parsed")
    written = shutil.ignore_patterns(*parsed_project.WRITTEN)
    shutil.copytree(PROJECT / "dbt_project", base / "checkout" / "dbt_project", ignore=written)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(settings, "PROJECT", base / "checkout")
        patch.setattr(transform, "_parsed", {})
        transform.parse(of_home(base / "first"))
    return base / "checkout"


@pytest.fixture
def project(checkout: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The project that the program reads; a test that changes it puts it back."""
    monkeypatch.setattr(settings, "PROJECT", checkout)
    monkeypatch.setattr(transform, "_parsed", {})
    return checkout / "dbt_project"


def of_home(home: Path) -> Settings:
    return Settings(home, threads=1, memory_limit="1GB")


def the_file(project: Path) -> Path:
    (file,) = (project / "target").glob("parsed-*.msgpack")
    return file


def test_another_home_reads_its_own_seeds_and_dbt_parses_nothing(
    project: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(transform, "_dbt", lambda: lambda: pytest.fail("dbt parsed the project again"))
    second = transform.parse(of_home(tmp_path / "second"))
    seeds = [node for node in second.nodes.values() if node.resource_type == "seed"]
    assert len(seeds) > 20
    assert all(Path(seed.original_file_path) == tmp_path / "second" / "dbt" / "seeds" / seed.path for seed in seeds)
    assert all(Path(seed.original_file_path).is_file() for seed in seeds)
    assert str(project.parent.parent / "first") not in str(second.to_dict())


def test_the_kept_project_holds_what_dbt_parsed(project: Path, tmp_path: Path) -> None:
    second = transform.parse(of_home(tmp_path / "second"))
    the_file(project).rename(tmp_path / "taken away")
    transform._parsed.clear()
    third = transform.parse(of_home(tmp_path / "third"))
    assert {**third.nodes}.keys() == {**second.nodes}.keys()
    for name, node in third.nodes.items():
        fields = {
            field: value for field, value in node.to_dict().items() if field not in ("created_at", "original_file_path")
        }
        assert fields == {field: second.nodes[name].to_dict()[field] for field in fields}, name
    assert third.child_map == second.child_map
    assert third.macros.keys() == second.macros.keys()


def test_other_files_names_of_seeds_or_versions_are_another_project(
    project: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = of_home(project.parent.parent / "first")
    seeds = first.home / "dbt" / "seeds"
    assert parsed_project.load(first, seeds) is not None
    model = project / "models" / "marts" / "core" / "fct_posts.sql"
    text = model.read_bytes()
    model.write_bytes(text + b"\n")
    assert parsed_project.load(first, seeds) is None
    model.write_bytes(text)
    (seeds / "another.csv").write_text("x\n", "utf-8")
    assert parsed_project.load(first, seeds) is None
    (seeds / "another.csv").unlink()
    assert parsed_project.load(first, seeds) is not None
    monkeypatch.setattr(parsed_project, "version", lambda _package: "99")
    assert parsed_project.load(first, seeds) is None


def test_a_damaged_file_is_not_believed(project: Path) -> None:
    first = of_home(project.parent.parent / "first")
    file = the_file(project)
    data = file.read_bytes()
    spoilt = bytearray(data)
    spoilt[len(spoilt) // 2] ^= 1
    file.write_bytes(bytes(spoilt))
    assert parsed_project.load(first, first.home / "dbt" / "seeds") is None
    file.write_bytes(data)
    assert parsed_project.load(first, first.home / "dbt" / "seeds") is not None


def test_a_newer_project_takes_the_place_of_the_older(project: Path) -> None:
    first = of_home(project.parent.parent / "first")
    seeds = first.home / "dbt" / "seeds"
    older, manifest = the_file(project), parsed_project.load(first, seeds)
    remark = project / "models" / "remark.md"
    remark.write_text("?", "utf-8")
    parsed_project.save(first, seeds, manifest)
    assert the_file(project) != older
    remark.unlink()
    parsed_project.save(first, seeds, manifest)
    assert the_file(project) == older


def test_a_folder_that_cannot_be_written_is_no_error(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first = of_home(project.parent.parent / "first")
    seeds = first.home / "dbt" / "seeds"
    manifest, file = parsed_project.load(first, seeds), the_file(project)
    file.unlink()

    def refuse(_target: Path, _data: bytes) -> None:
        raise PermissionError(13, "Permission denied")

    with monkeypatch.context() as patch:
        patch.setattr(parsed_project.files, "write_bytes", refuse)
        parsed_project.save(first, seeds, manifest)
    assert not file.exists()
    parsed_project.save(first, seeds, manifest)
    assert file.exists()
