"""Published tables, solved again: paper, table, our number beside theirs."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from karvan.core.errors import SourceError
from karvan.core.labels import suggest
from karvan.core.table import Table

PAPERS = {"cp2015": "Caliendo and Parro (2015), welfare effects of NAFTA, 31 countries x 40 sectors"}


def replicate(paper: str, data: str | Path, **options: Any) -> Table:
    """Solve a published case again and return the paper's numbers beside ours.

    Parameters
    ----------
    paper : "cp2015"
    data : folder with the authors' files (their licence does not allow them here)
    options : `deficits` = "purge" (the paper's headline) or "fixed"
    """
    if paper not in PAPERS:
        raise SourceError(f"no replication {paper!r}.{suggest(paper, PAPERS)}")
    from karvan.replication import cp2015

    return cp2015.run(Path(data), **options)[0]
