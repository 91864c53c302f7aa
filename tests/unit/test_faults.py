import pandas as pd
import pyarrow as pa
import pytest

import karvan as kv
from karvan.core.faults import Faults
from karvan.panels.frames import frame


def test_all_faults_are_raised_at_once_with_row_and_remedy():
    faults = Faults("trade.csv")
    faults.stop()
    faults.add("value is not a number: '12,5'", row=17, remedy="write a decimal point")
    faults.add("column year is missing")
    with pytest.raises(kv.SourceError) as said:
        faults.stop()
    assert str(said.value).splitlines() == [
        "trade.csv:17: value is not a number: '12,5'; write a decimal point",
        "trade.csv: column year is missing",
    ]


def test_many_faults_are_counted():
    faults = Faults("trade.csv")
    for row in range(25):
        faults.add("bad", row=row)
    with pytest.raises(kv.SourceError, match="and 5 more"):
        faults.stop()


def test_a_frame_is_read_from_every_kind(tmp_path):
    table = pd.DataFrame({"year": [2020, 2021], "value": [1.0, 2.0]})
    table.to_parquet(tmp_path / "t.parquet")
    table.to_csv(tmp_path / "t.csv", index=False)
    for kind in (table, pa.Table.from_pandas(table), tmp_path / "t.parquet", str(tmp_path / "t.csv")):
        assert frame(kind, ["value"])["value"].tolist() == [1.0, 2.0]


def test_missing_columns_and_files_are_named(tmp_path):
    with pytest.raises(kv.SourceError, match=r"columns missing: valeu, other.*value"):
        frame(pd.DataFrame({"value": [1.0]}), ["valeu", "other"])
    with pytest.raises(kv.SourceError, match="no such file"):
        frame(tmp_path / "none.csv")
    with pytest.raises(kv.SourceError, match="expected a path or a frame, got int"):
        frame(3)
