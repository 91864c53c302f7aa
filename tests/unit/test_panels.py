"""Panels: sums and mirror joins agree with pandas, from any kind of table, and refuse what they cannot do."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow
import pytest

import karvan as kv
from karvan.panels import aggregate, lay_out, mirror_join, panel

KEY = ["year", "exporter", "importer"]


def table(seed: int, rows: int = 2000) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    found = pd.DataFrame({
        "year": rng.integers(2018, 2024, rows).astype("int16"),
        "exporter": rng.integers(4, 900, rows).astype("int16"),
        "importer": rng.integers(4, 900, rows).astype("int16"),
        "value": rng.lognormal(0, 3, rows),
    })  # fmt: skip
    return found.drop_duplicates(KEY).reset_index(drop=True)


@pytest.fixture
def saved(tmp_path: Path) -> Path:
    table(1).to_parquet(tmp_path / "x.parquet")
    return tmp_path / "x.parquet"


@pytest.mark.parametrize("kind", ["path", "glob", "folder", "pandas", "pyarrow", "partitions"])
def test_sums_agree_with_pandas(kind: str, saved: Path, tmp_path: Path) -> None:
    data: Any = {
        "path": saved, "glob": str(saved.parent / "*.parquet"), "folder": saved.parent, "pandas": table(1),
        "pyarrow": pyarrow.Table.from_pandas(table(1)), "partitions": tmp_path / "parts",
    }[kind]  # fmt: skip
    table(1).to_parquet(tmp_path / "parts", partition_cols=["year"])
    if kind == "folder":
        data = lay_out(panel(saved), tmp_path / "laid", by="year", order=["exporter", "importer"])
    found = aggregate(panel(data), ["year", "exporter"], "value")
    known = table(1).groupby(["year", "exporter"], as_index=False).agg(value=("value", "sum"), rows=("value", "size"))
    np.testing.assert_array_equal(found[["year", "exporter", "rows"]], known[["year", "exporter", "rows"]])
    np.testing.assert_allclose(found["value"], known["value"], rtol=1e-12)


@pytest.mark.parametrize("keys", ["whole", "text"])
@pytest.mark.parametrize("to_file", [False, True])
def test_mirror_join_agrees_with_pandas(keys: str, to_file: bool, tmp_path: Path) -> None:
    x, m = table(1), table(2)
    m = pd.concat([m, x.head(700).assign(value=1.0)]).drop_duplicates(KEY)
    if keys == "text":
        x, m = (t.assign(exporter=t["exporter"].astype(str)) for t in (x, m))
    found = mirror_join(panel(x), panel(m), KEY, to=tmp_path / "both.parquet" if to_file else None)
    found = pd.read_parquet(found) if to_file else found
    known = x.rename(columns={"value": "exports"}).merge(m.rename(columns={"value": "imports"}), on=KEY, how="outer")
    assert 600 < known.dropna().shape[0] < known.shape[0]
    pd.testing.assert_frame_equal(
        found.sort_values(KEY).reset_index(drop=True)[known.columns],
        known.sort_values(KEY).reset_index(drop=True),
        check_dtype=False,
    )


def test_repeated_reports_are_not_counted_twice(tmp_path: Path) -> None:
    x, m = table(1), table(1)
    with pytest.raises(kv.SourceError, match=r"occurs more than once.*aggregate"):
        mirror_join(panel(x), panel(pd.concat([m, m.head(1)])), KEY, to=tmp_path / "both.parquet")
    assert not list(tmp_path.iterdir())


def test_total_and_missing_values() -> None:
    data = pd.DataFrame({"a": [1, 1, 2], "v": [1.0, None, None]})
    by_group = aggregate(panel(data), ["a"], "v")
    assert by_group["v"].tolist()[0] == 1.0
    assert np.isnan(by_group["v"].tolist()[1])
    assert aggregate(panel(data), [], "v")["rows"].tolist() == [3]


def test_refusals(saved: Path, tmp_path: Path) -> None:
    (tmp_path / "not.parquet").write_text("<html>", encoding="utf-8")
    (tmp_path / "empty").mkdir()
    for data, message in [
        (tmp_path / "none.parquet", "no such file"), (tmp_path / "not.parquet", "cannot be read as Parquet"),
        (tmp_path / "empty", "no .parquet file"), (tmp_path / "none*.parquet", "cannot be read"), (7, "got int"),
    ]:  # fmt: skip
        with pytest.raises(kv.SourceError, match=message):
            panel(data)
    with pytest.raises(kv.SourceError, match=r"2 column\(s\) missing: exportr, valu.*Did you mean 'exporter'"):
        panel(saved, ["exportr", "valu", "year"])
    with pytest.raises(kv.SourceError, match=r"not numbers: name \(VARCHAR\)"):
        aggregate(panel(pd.DataFrame({"name": ["x"]})), [], "name")
    with pytest.raises(kv.SourceError, match="different types: exporter"):
        mirror_join(panel(table(1)), panel(table(2).assign(exporter="x")), KEY)
    with pytest.raises(kv.SourceError, match="memory as '3GB'"):
        panel(saved, memory="much")
    with pytest.raises(kv.SourceError, match="not empty"):
        lay_out(panel(saved), tmp_path, by="year", order=["exporter"])
