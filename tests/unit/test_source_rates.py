"""Rates of the Bank of Russia and the National Bank of Kazakhstan: the layout, and every fault of a file at once."""

from datetime import date

import pandas as pd
import pytest
from store_tools import RECORDED

from karvan.core.errors import SourceError
from karvan.data.sources import cbr, nbk

DYNAMIC = RECORDED / "cbr" / "KZT-2024-01-10-2024-03-12.xml"
DAILY = RECORDED / "cbr" / "2024-01-10.xml"
DAYS = sorted((RECORDED / "nbk").glob("*.xml"))


@pytest.fixture
def changed(tmp_path):
    """Write a recorded file with parts replaced, in the encoding given."""

    def write(path, *pairs, encoding="windows-1251"):
        text = path.read_bytes().decode("cp1251" if path.parent.name == "cbr" else "utf-8")
        for old, new in pairs:
            assert old in text
            text = text.replace(old, new, 1)
        target = tmp_path / path.name
        target.write_bytes(text.encode(encoding))
        return target

    return write


def test_rubles_are_for_one_unit_whatever_the_nominal():
    found = cbr.read([DYNAMIC])
    assert list(found.columns) == ["date", "currency", "rate", "nominal"]
    assert found["rate"].tolist() == pytest.approx([0.195, 0.1975, 0.2025, 0.205])
    assert set(found["currency"]) == {"KZT"} and found["nominal"].tolist() == [100, 100, 100, 10]
    assert found["date"].iloc[0] == pd.Timestamp("2024-01-10")


def test_a_day_of_rubles_has_all_currencies():
    found = cbr.read([DAILY]).set_index("currency")["rate"]
    assert found.to_dict() == pytest.approx({"USD": 90.5, "KZT": 0.195, "AMD": 0.221})


def test_requests_of_rubles():
    two = cbr.requests(since=date(2024, 1, 1), until=date(2024, 3, 31), currencies=("USD", "KZT"))
    assert [r.file for r in two] == ["USD-2024-01-01-2024-03-31.xml", "KZT-2024-01-01-2024-03-31.xml"]
    assert dict(two[1].params) == {"date_req1": "01/01/2024", "date_req2": "31/03/2024", "VAL_NM_RQ": "R01335"}
    with pytest.raises(SourceError, match=r"no number is known for KZZ. Did you mean 'KZT'"):
        cbr.requests(since=date(2024, 1, 1), until=date(2024, 1, 2), currencies=("KZZ",))
    with pytest.raises(SourceError, match=r"before since"):
        cbr.requests(since=date(2024, 1, 2), until=date(2024, 1, 1))


def test_all_faults_of_rubles_at_once(changed):
    path = changed(
        DYNAMIC, ("19,7500", "19.7500"), ("20,2500", ""), ("<Nominal>10<", "<Nominal>0<"), ("0,195<", "0,295<")
    )
    with pytest.raises(SourceError) as told:
        cbr.read([path])
    lines = str(told.value).splitlines()
    assert len(lines) == 4 and all(str(path) in line and "row" in line and ";" in line for line in lines)
    for words in ("VunitRate 0,295 is not", "has a decimal point, expected ','", "'' is not a number", "Nominal 0"):
        assert words in str(told.value)


@pytest.mark.parametrize(
    ("pairs", "words"),
    [
        ([("19,7500", "-19,7500"), ("0,1975", "-0,1975")], r"2024-01-11 KZT -0\.1975 is not positive; correct"),
        ([("11.01.2024", "10.01.2024")], "2024-01-10 KZT stands twice; keep one"),
        ([("09.02.2024", "09.01.2024")], r"KZT no value in 1 month\(s\): 2024-02; .*gaps=yes"),
        ([("11.01.2024", "2024-01-11")], "does not match format"),
        ([("ValCurs ID", "Rates ID"), ("/ValCurs", "/Rates")], "begins with <Rates>, expected <ValCurs>"),
        ([('Id="R01335"><Nominal>10<', 'Id="R09999"><Nominal>10<')], "the currency 'R09999' is unknown"),
    ],
)
def test_faults_of_rubles(changed, pairs, words):
    with pytest.raises(SourceError, match=words):
        cbr.read([changed(DYNAMIC, *pairs)])


def test_gaps_can_be_allowed(changed):
    assert len(cbr.read([changed(DYNAMIC, ("09.02.2024", "09.01.2024"))], gaps=True)) == 4


def test_names_in_another_encoding_are_refused(changed):
    with pytest.raises(SourceError, match=r"'Доллар США' in another encoding than the file declares"):
        cbr.read([changed(DAILY, encoding="utf-8")])
    with pytest.raises(SourceError, match=r"not whole XML .*another encoding"):
        cbr.read([changed(DAILY, ('encoding="windows-1251"', 'encoding="utf-8"'))])


def test_a_file_cut_short_is_refused(tmp_path):
    cut = tmp_path / "cut.xml"
    cut.write_bytes(DYNAMIC.read_bytes()[:-40])
    with pytest.raises(SourceError, match=r"not whole XML"):
        cbr.read([cut])


def test_tenge_by_day():
    found = nbk.read(DAYS)
    assert list(found.columns) == ["date", "currency", "rate", "quant"] and len(found) == 9
    assert found[found["currency"] == "AMD"]["rate"].tolist() == pytest.approx([1.11, 1.12, 1.13])
    usd = nbk.read(DAYS, currencies=("USD",))
    assert usd["rate"].tolist() == [450.5, 449.25, 451] and usd["date"].iloc[-1] == pd.Timestamp("2024-03-01")


def test_requests_of_tenge():
    since, until = date(2024, 1, 1), date(2024, 3, 31)
    months = nbk.requests(since=since, until=until)
    assert [r.file for r in months] == ["2024-01-01.xml", "2024-02-01.xml", "2024-03-01.xml"]
    assert months[1].params == (("fdate", "01.02.2024"),)
    assert [len(nbk.requests(since=since, until=until, every=e)) for e in ("day", "week")] == [91, 13]


def test_all_faults_of_tenge_at_once(changed):
    bad = [
        changed(DAYS[0], ("450.5", "450,5"), encoding="utf-8"),
        changed(DAYS[1], ("<quant>10<", "<quant>0<"), ("5.01", "abc"), encoding="utf-8"),
        changed(DAYS[2], ("01.03.2024", "2024-03-01"), encoding="utf-8"),
    ]
    with pytest.raises(SourceError) as told:
        nbk.read(bad)
    lines = str(told.value).splitlines()
    assert len(lines) == 6 and [line.startswith(str(bad[0])) for line in lines].count(True) == 1
    for words in ("2024-01-01.xml: item 1 (USD): '450,5' has a decimal comma", "quant 0", "'abc' is not a number"):
        assert words in str(told.value)


@pytest.mark.parametrize(
    ("pairs", "options", "words"),
    [
        ([("450.5", "0")], {}, "2024-01-01 USD 0 is not positive"),
        ([("RUB", "USD")], {}, "2024-01-01 USD stands twice"),
        ([("<rates>", "<html>"), ("</rates>", "</html>")], {}, "begins with <html>, expected <rates> or <rss>"),
        ([], {"currencies": ("USD", "GEL")}, "no rate of GEL"),
    ],
)
def test_faults_of_tenge(changed, pairs, options, words):
    with pytest.raises(SourceError, match=words):
        nbk.read([changed(DAYS[0], *pairs, encoding="utf-8")], **options)


def test_a_day_without_rates_is_told(tmp_path):
    path = tmp_path / "2018-01-10.xml"
    path.write_text("<rates><date>10.01.2018</date><info>no information on this day</info></rates>")
    with pytest.raises(SourceError, match=r"2018-01-10.xml: no rates \(no information on this day\); .*gaps=yes"):
        nbk.read([path])
    assert len(nbk.read([DAYS[0], path], gaps=True)) == 3


def test_files_that_cannot_be_read_are_told_with_the_others(changed, tmp_path):
    cut = tmp_path / "cut.xml"
    cut.write_bytes(DAYS[0].read_bytes()[:-20])
    other = changed(DAYS[1], ("5.01", "abc"), encoding="utf-8")
    with pytest.raises(SourceError, match=r"(?s)cut.xml: not whole XML.*2024-02-01.xml: item 2 .RUB.: 'abc'"):
        nbk.read([cut, other])


def test_a_missing_month_of_tenge_is_told():
    with pytest.raises(SourceError, match=r"USD no value in 1 month\(s\): 2024-02"):
        nbk.read([DAYS[0], DAYS[2]])
