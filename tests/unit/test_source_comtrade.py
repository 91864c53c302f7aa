"""UN Comtrade: questions, the recorded answers, and answers that must be refused."""

import json
import os
from collections.abc import Callable
from pathlib import Path

import pytest
from paths import shared

from karvan.core.errors import KarvanWarning, SourceError
from karvan.data.sources import comtrade

MADE = Path(__file__).parents[1] / "recorded" / "comtrade" / "monthly.json"


def changed(folder: Path, change: Callable[[dict], object]) -> Path:
    """The made answer (without its gap) after a change."""
    answer = json.loads(MADE.read_text())
    answer["data"] = [r for r in answer["data"] if r["period"] != "202210"]
    change(answer)
    answer["count"] = answer.get("count_said", len(answer["data"]))
    path = folder / "answer.json"
    path.write_text(json.dumps(answer))
    return path


def every(answer: dict, **values: object) -> None:
    for record in answer["data"]:
        record.update(values)


def test_recorded_answer() -> None:
    found = comtrade.read([shared("samples") / "samples/comtrade/comtrade_get_C_A_HS.json"])
    assert list(found["value_usd"]) == [6804128143.0, 74251272075.0, 6115764185.0, 68047133397.0]
    assert set(found["reporter"]) == {"CHN"} and list(found["partner"]) == ["ARG", "DEU"] * 2
    assert (
        list(found["flow"]) == ["M", "M", "X", "X"] and set(found["period"]) == {"2010"} and set(found["level"]) == {0}
    )
    assert found["cif_usd"].notna().tolist() == [True, True, False, False]


def test_recorded_answer_of_no_records_is_an_empty_frame() -> None:
    folder = shared("samples") / "samples/comtrade"
    empty = comtrade.read([folder / "comtrade_empty.json"])
    assert len(empty) == 0 and set(empty) == set(comtrade.read([folder / "comtrade_get_C_A_HS.json"]))
    assert str(empty["reporter"].dtype) == "str" and empty["value_usd"].dtype == float


def test_groups_are_flagged_and_missing_months_told() -> None:
    with pytest.warns(KarvanWarning, match=r"KAZ M: 1 month\(s\) missing: 2022-09"):
        found = comtrade.read([MADE])
    july = found[(found["period"] == "2022-07") & (found["flow"] == "M")].set_index("partner")
    assert july["partner_is_group"].to_dict() == {"WLD": True, "CHN": False, "USA": False, "NES": True}
    parts = july.loc[["CHN", "USA", "NES"], "value_usd"].sum()
    assert parts == july.loc["WLD", "value_usd"] == 900
    assert found.attrs["notes"] == ("KAZ M: 1 month(s) missing: 2022-09",)
    assert found.query("partner == 'TWN'")["value_usd"].item() == 0


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda a: a["data"][3].pop("primaryValue") and every(a), "record 4: no value"),
        (lambda a: [r.pop("primaryValue") for r in a["data"]], "columns missing: primaryValue"),
        (lambda a: a.update(error="Invalid subscription key"), "the owner answered with an error: Invalid"),
        (lambda a: a.update(count_said=700), "says count 700 but holds 9 records"),
        (lambda a: a.update(data=a["data"] * 56, count_said=504), "duplicated: M, 2022-07, KAZ, WLD, M, 870323"),
        (lambda a: a["data"][0].update(cmdCode="8703"), "products at 2 levels in one file (4 digits: 1, 6 digits: 8"),
        (lambda a: every(a, cmdCode="10121"), "odd number of digits.*was a leading zero lost"),
        (lambda a: a["data"][1].update(partnerCode=9999), "record 2: unknown country 9999"),
        (lambda a: a["data"][1].update(primaryValue=-5), "record 2: value_usd is negative: -5"),
        (lambda a: a["data"][1].update(primaryValue="12,5"), "record 2: primaryValue: decimal comma: '12,5'"),
        (lambda a: a["data"][1].update(motCode=1000), "record 2: a breakdown by motCode, not the total 0"),
    ],
)
def test_bad_answers(tmp_path: Path, change: Callable[[dict], object], said: str) -> None:
    with pytest.raises(SourceError, match=said if ".*" in said else None) as caught:
        comtrade.read([changed(tmp_path, change)])
    assert ".*" in said or said in str(caught.value)
    assert "answer.json" in str(caught.value)


def test_all_faults_are_told_at_once(tmp_path: Path) -> None:
    def spoil(answer: dict) -> None:
        answer["data"][0]["partnerCode"] = "Kazakstan"
        answer["data"][2]["primaryValue"] = -1
        answer["data"][4]["cmdCode"] = "87"

    with pytest.raises(SourceError) as caught:
        comtrade.read([changed(tmp_path, spoil)])
    lines = str(caught.value).splitlines()
    assert len(lines) == 3 and "Did you mean 'Kazakhstan'?" in lines[0]
    assert "negative" in lines[1] and "2 levels" in lines[2]


def test_a_named_level_is_kept_and_one_that_is_not_there_refused(tmp_path: Path) -> None:
    path = changed(tmp_path, lambda a: a["data"][0].update(cmdCode="8703"))
    assert list(comtrade.read([path], level=4)["product"]) == ["8703"]
    assert len(comtrade.read([path], level=6)) == 8
    with pytest.raises(SourceError, match="no product code with 2 digits"):
        comtrade.read([path], level=2)


def test_an_answer_at_its_limit_is_refused_unless_accepted(tmp_path: Path) -> None:
    def fill(answer: dict) -> None:
        one = answer["data"][1]
        answer["data"] = [one | {"cmdCode": f"{n:06d}"} for n in range(100100, 100600)]

    path = changed(tmp_path, fill)
    with pytest.raises(SourceError, match="exactly 500 records, the limit of an answer"):
        comtrade.read([path])
    assert len(comtrade.read([path], cut=True)) == 500


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"<!DOCTYPE html><html><body>Access denied</body></html>", "a web page (HTML) instead of data"),
        (MADE.read_bytes()[:900], "JSON breaks off: the download was cut"),
        (b"", "the file is empty"),
        (b'{"statusCode": 401, "message": "Access denied due to invalid subscription key."}', "owner answered with an"),
        (b'{"rows": []}', "no list 'data' in the answer"),
        ('{"error": "зона"}'.encode("windows-1251"), "line 1 is not utf-8 text; pass encoding=, or save it as UTF-8"),
        (b"PK\x03\x04abc", "an archive instead of text"),
    ],
)
def test_files_that_are_no_answer(tmp_path: Path, content: bytes, said: str) -> None:
    (tmp_path / "x.json").write_bytes(content)
    with pytest.raises(SourceError) as caught:
        comtrade.read([tmp_path / "x.json"])
    assert said in str(caught.value)
    with pytest.raises(SourceError):
        comtrade.accept(tmp_path / "x.json")


def test_two_files_that_say_the_same(tmp_path: Path) -> None:
    path = changed(tmp_path, lambda a: None)
    with pytest.raises(SourceError, match="duplicated"):
        comtrade.read([path, path])


def test_requests_by_twelve_periods_and_the_key_only_by_name(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COMTRADE_KEY", "f00dfeed")
    asked = comtrade.requests(reporters=("KAZ", "USA"), partners=("WLD", "IND"), periods=tuple(range(2000, 2024)))
    assert [r.file for r in asked] == [
        f"{c}-{span}-TOTAL.json" for c in ("KAZ", "USA") for span in ("2000-2011", "2012-2023")
    ]
    params = dict(asked[2].params)
    assert params["reporterCode"] == "842" and params["partnerCode"] == "0,699" and params["motCode"] == "0"
    assert asked[0].headers == (("Ocp-Apim-Subscription-Key", "{secret}"),) and asked[0].secret == "COMTRADE_KEY"
    assert os.environ["COMTRADE_KEY"] not in repr(asked)


def test_preview_asks_without_a_key_for_one_period() -> None:
    asked = comtrade.requests(periods=(202201, 202202), monthly=True, preview=True)
    assert [r.url for r in asked] == ["https://comtradeapi.un.org/public/v1/preview/C/M/HS"] * 2
    assert all(not r.secret and not r.headers for r in asked)


def test_wrong_questions() -> None:
    with pytest.raises(SourceError, match="unknown flow: RZ"):
        comtrade.requests(flows=("RZ",))
    with pytest.raises(SourceError, match="months need monthly=True"):
        comtrade.requests(periods=(202201,))
    with pytest.raises(SourceError, match="no files given"):
        comtrade.read([])
