"""The registry of replications: one entry each, the same columns, faults said in words."""

from __future__ import annotations

from importlib import import_module
from pathlib import Path

import pytest

from karvan import SourceError, replicate
from karvan.replication import PAPERS, compare

ROOT = Path(__file__).parents[2]


def test_the_list_names_what_each_needs() -> None:
    listed = {row["paper"]: row for row in replicate().to_dicts()}
    assert list(listed) == sorted(PAPERS)
    assert listed["acr"]["data"] == "none" and listed["acr"]["options"] == ""
    assert listed["cp2015"]["options"] == "deficits: purge | fixed"


@pytest.mark.parametrize("paper", PAPERS)
def test_every_paper_is_one_module_with_one_entry_and_is_documented(paper: str) -> None:
    module = import_module(f"karvan.replication.{paper.replace('-', '_')}")
    assert callable(module.run)
    assert f"`{paper}`" in (ROOT / "docs" / "explanation" / "replications.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("paper", [name for name, p in PAPERS.items() if p.files])
def test_absent_files_are_named(paper: str, tmp_path: Path) -> None:
    with pytest.raises(SourceError, match=f"{paper} needs files .* point --data at the folder with"):
        replicate(paper)
    with pytest.raises(SourceError, match=r"not found; point --data at the folder with the authors' files"):
        replicate(paper, tmp_path)


def test_faults() -> None:
    with pytest.raises(SourceError, match="acr needs no files; leave --data out"):
        replicate("acr", "here")
    with pytest.raises(SourceError, match=r"acr takes no option 'deficits'\. It takes no options; leave it out"):
        replicate("acr", deficits="fixed")
    with pytest.raises(SourceError, match=r"cp2015 takes no option 'deficit'\. Did you mean 'deficits'"):
        replicate("cp2015", "here", deficit="fixed")


def test_verdicts() -> None:
    rows = [
        compare.Row("A", "x", 1.0, 1.04, 0.05, "printed"),
        compare.Row("B", "x", 1.0, 1.06, 0.05, "printed"),
        compare.Row("C", "x", None, 1.06, 0.05, "printed"),
    ]
    table = compare.compare(rows, "Some paper")
    assert [row["verdict"] for row in table.to_dicts()] == ["agrees", "differs", ""]
    assert [row["difference"] for row in table.to_dicts()] == [0.04, 0.06, None]
    assert table.title == "Some paper: 1 of 2 numbers within tolerance"
