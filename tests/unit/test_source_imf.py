"""IMF: messages of the World Economic Outlook as rows with units."""

from pathlib import Path

import pytest
from paths import shared

from karvan.core.errors import SourceError
from karvan.data.sources import imf

MADE = Path(__file__).parents[1] / "recorded" / "imf" / "weo.xml"


def test_recorded_message_is_in_whole_units() -> None:
    (row,) = imf.read([shared("samples") / "samples/sdmx/IMF_RES/WEO-data.xml"]).to_dict("records")
    assert (row["country"], row["indicator"], row["period"], row["freq"]) == ("SVK", "NGDP_R", "2018", "A")
    assert row["value"] == 94_669_000_000 and row["unit"] == "XDC" and row["scale_shown"] == "9"
    assert row["projected"] is False and row["name"].startswith("Gross domestic product")


@pytest.mark.parametrize(
    "file", ["IMF_RES/WEO-structure.xml", "OECD/data-PART2-all-all.json", "ECB_EXR/1/M.USD.EUR.SP00.A.xml"]
)
def test_recorded_messages_of_another_kind_are_refused(file: str) -> None:
    with pytest.raises(SourceError, match=r"columns missing: COUNTRY|StructureMessage, which holds no data"):
        imf.read([shared("samples") / "samples/sdmx" / file])


def test_groups_projections_and_the_codes_of_the_owner() -> None:
    found = imf.read([MADE])
    assert list(found["country"]) == ["KAZ", "KAZ", "XKX", "G001"]
    assert list(found["country_is_group"]) == [False, False, False, True]
    assert found["projected"].tolist()[:2] == [False, True] and found["projected"].isna().tolist()[2:] == [True, True]


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ('COUNTRY="KOS"', 'COUNTRY="KZA"', "record 3: unknown country 'KZA'"),
        ('OBS_VALUE="22.5"', 'OBS_VALUE="22,5"', "record 1: value: decimal comma: '22,5'"),
        ('TIME_PERIOD="2024"', 'TIME_PERIOD="2023"', "duplicated: KAZ, GGXWDG_NGDP, A, 2023"),
        ("INDICATOR=", "SERIES=", "columns missing: INDICATOR"),
        ("</message:StructureSpecificData>", "", "not an SDMX data message"),
    ],
)
def test_bad_messages(tmp_path: Path, old: str, new: str, said: str) -> None:
    text = MADE.read_text()
    assert old in text
    (tmp_path / "weo.xml").write_text(text.replace(old, new))
    with pytest.raises(SourceError) as caught:
        imf.read([tmp_path / "weo.xml"])
    assert said in str(caught.value)


def test_a_cut_message(tmp_path: Path) -> None:
    (tmp_path / "weo.xml").write_bytes(MADE.read_bytes()[:1900])
    with pytest.raises(SourceError, match="breaks off: the download was cut"):
        imf.read([tmp_path / "weo.xml"])


def test_requests() -> None:
    (asked,) = imf.requests(countries=("KAZ", "XKX"), indicators=("GGXWDG_NGDP",), start=2000, end=2030)
    assert asked.url == "https://api.imf.org/external/sdmx/2.1/data/IMF.RES,WEO,9.0.0/KAZ+KOS.GGXWDG_NGDP.A"
    assert asked.params == (("startPeriod", "2000"), ("endPeriod", "2030")) and asked.expect == "xml"
