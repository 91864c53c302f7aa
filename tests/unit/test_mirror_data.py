"""Mirror statistics on real files: the evidence that comes with karvan, and the raw files where they are there."""

from __future__ import annotations

import gzip
import json
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from paths import SHARED, shared
from typer.testing import CliRunner

import karvan as kv
from karvan.cli import app
from karvan.cli.mirror import usd
from karvan.core import money
from karvan.data import evidence_mirror
from karvan.data.recipes import mirror_2023
from karvan.data.reports import common, kazakhstan, read_reports
from karvan.estimate.mirror.figure import judge
from karvan.estimate.mirror.simulate import plant, score

EVIDENCE = Path(evidence_mirror.__file__).parent / "evidence"


@cache
def raw() -> tuple[kv.Reconciliation, dict]:
    data = read_reports(SHARED)
    given = {"gravity": data.gravity, "gdp": data.gdp, "history": data.history, "year": 2023}
    return kv.reconcile(data.reports, **given), {"reports": data.reports, **given}


def reasons(found: kv.Reconciliation, exporter: str, importer: str) -> str:
    flags = found.flags[(found.flags["exporter"] == exporter) & (found.flags["importer"] == importer)]
    return "; ".join(flags["reason"])


@pytest.mark.parametrize("where", ["shipped", "raw"])
def test_known_defects_of_2023_are_flagged(where: str) -> None:
    if where == "raw":
        shared("customs", "baci2023", "gravity", "icio", "gdp")
    found = kv.mirror(year=2023) if where == "shipped" else raw()[0]
    assert "nothing is reported on either side" in reasons(found, "RUS", "BLR")
    assert "nothing is reported on either side" in reasons(found, "BLR", "RUS")
    assert "121 % of GMB's GDP" in reasons(found, "GMB", "KAZ")
    assert "KAZ's own customs 703 m USD" in reasons(found, "KAZ", "GBR")
    assert "of KGZ's GDP (14.0 bn USD)" in reasons(found, "all partners", "KGZ")


def test_few_ordinary_flows_are_flagged_and_planted_errors_are_found() -> None:
    shared("customs", "baci2023", "gravity", "icio", "gdp")
    given = raw()[1]
    baci = given["reports"][given["reports"]["valuation"] == "reconciled"].reset_index(drop=True)
    rest = {k: v for k, v in given.items() if k != "reports"}
    before = kv.reconcile(baci, **rest)
    for floor in (1.0, 10.0, 100.0):
        assert before.share_flagged(floor) < 0.02
    assert raw()[0].share_flagged(1.0) < 0.02
    wrong, errors = plant(baci, seed=11, each=25, floor_musd=100.0)
    told = score(errors, before.flags, kv.reconcile(wrong, **rest).flags)
    recall = told.table.set_index("kind")["recall_percent"]
    assert recall["x 100"] > 90
    assert recall["x 1000 (unit)"] > 90
    assert recall["left out"] > 50
    assert recall["x 10"] < 50  # one figure per flow: a factor of ten is within what gravity leaves open
    assert told.precision > 0.9


def test_readers_give_the_official_totals() -> None:
    folder = shared("customs", "fx")
    reports = read_reports(folder).reports
    total = reports[reports["valuation"] != "reconciled"].groupby(["reporter", "flow", "year"])["value_musd"].sum()
    facts = pd.read_csv(folder / "facts" / "goods_totals_official.csv")
    for row in facts[facts["iso3"].isin(["KAZ", "ARM"])].itertuples():
        assert total[row.iso3, "exports", row.year] == pytest.approx(row.goods_exports_usd_mn, rel=0.01)
        assert total[row.iso3, "imports", row.year] == pytest.approx(row.goods_imports_usd_mn, rel=0.01)


def test_evidence_is_small_sourced_and_whole() -> None:
    assert sum(path.stat().st_size for path in EVIDENCE.glob("mirror-*")) < 300_000
    found = kv.mirror()
    named = found.flows[["source_exporter", "source_importer", "source_compiled"]].notna().any(axis=1)
    assert named[found.flows["value_musd"].notna()].all()
    assert set(found.flows["year"]) == set(range(2018, 2024))
    assert "shipped evidence" in found.notes[0]
    text = gzip.decompress((EVIDENCE / "mirror-2023.sources.csv.gz").read_bytes()).decode()
    assert text.replace("\r\n", "\n") == pd.read_csv(
        Path(mirror_2023.__file__).parent / "sources.csv"
    ).to_csv(index=False, lineterminator="\n")  # fmt: skip


def test_evidence_is_what_the_recipe_makes(tmp_path: Path) -> None:
    shared("customs", "baci2023", "gravity", "icio", "gdp", "fx")
    evidence_mirror.build(SHARED, tmp_path)
    made = pd.read_csv(tmp_path / "mirror-2023.flows.csv.gz")
    kept = pd.read_csv(EVIDENCE / "mirror-2023.flows.csv.gz")
    key = ["exporter", "importer", "year"]
    both = made.merge(kept, on=key, suffixes=("", "_kept"))
    assert len(both) == len(made) == len(kept)
    for column in ("exporter_musd", "importer_musd", "compiled_musd", "value_musd"):
        np.testing.assert_allclose(both[column], both[f"{column}_kept"], rtol=1e-3)


@pytest.mark.parametrize(
    ("value", "flow", "verdict", "word"),
    [
        (8.2e9, "imports", "within the reports", "is what KAZ reports"),
        (14.0e9, "imports", "within the reports", "is what CHN reports"),
        (11e9, "imports", "within the reports", "lies between the reports"),
        (60e9, "imports", "outside", "times the highest report"),
        (1e9, "imports", "outside", "of the lowest report"),
    ],
)
def test_a_figure_is_judged(value: float, flow: str, verdict: str, word: str) -> None:
    found = kv.check_figure("KAZ", "China", 2021, flow, value)
    assert found.verdict == verdict
    assert word in found.sentence
    assert all(row[-1] for row in found.table.rows)


def test_what_cannot_be_told() -> None:
    silent = kv.check_figure("RUS", "BLR", 2023, "exports", 20e9)
    assert silent.verdict == "cannot be told"
    assert "there are reports of 2018, 2019, 2020, 2021" in silent.sentence
    assert "flagged: zero" in silent.sentence
    assert silent.rules == ("zero",)


def test_a_compiler_is_no_side() -> None:
    for who, to, value in (("GMB", "KAZ", 2.9e9), ("KAZ", "GBR", 14.4e9)):
        found = kv.check_figure(who, to, 2023, "exports", value)
        assert found.verdict == "outside"
        assert "It is the compiler's figure, and a compiler is no side" in found.sentence
        assert "compiled" in found.rules
    assert kv.check_figure("RUS", "CHN", 2023, "exports", 129e9).verdict == "within the reports", "nobody else reports"
    flows = kv.mirror(year=2023).flows
    flows = flows[flows["rules"].str.contains("compiled")]
    assert len(flows) > 40
    for row in flows.head(8).itertuples():
        said = kv.check_figure(row.exporter, row.importer, 2023, "exports", 1e6 * row.compiled_musd)
        assert said.verdict != "within the reports" or row.lo <= row.compiled_musd <= row.hi


def test_a_doubtful_figure_of_a_compiler_alone_proves_nothing() -> None:
    flows = kv.mirror(year=2023).flows
    alone = flows[(flows["basis"] == "compiler") & flows["rules"].ne("") & flows["compiled_musd"].gt(1)]
    row = alone.iloc[0]
    found = kv.check_figure(row["exporter"], row["importer"], 2023, "exports", 1e6 * row["compiled_musd"])
    assert found.verdict == "cannot be told"
    assert "the compiler's figure is doubtful" in found.sentence


def test_a_partner_missing_on_a_complete_list_is_a_report_of_zero() -> None:
    found = kv.check_figure("KAZ", "PRK", 2021, "imports", 8.2e9)
    assert (found.verdict, found.table.rows[1][:2]) == ("outside", ("KAZ reports", 0.0))
    assert "a complete list of partners has nothing" in found.sentence
    assert kv.check_figure("KAZ", "PRK", 2021, "imports", 5e4).verdict == "cannot be told", "below what is kept"
    assert kv.check_figure("ARM", "BRA", 2021, "imports", 1e9).verdict == "cannot be told", "such pairs are not kept"
    rows = [
        {"reporter": "KAZ", "partner": "RUS", "flow": "imports", "value_musd": 5.0, "valuation": "cif"},
        {"reporter": "PRK", "partner": "RUS", "flow": "exports", "value_musd": 5.0, "valuation": "fob"},
        {"reporter": "CHN", "partner": "KAZ", "flow": "exports", "value_musd": 7.0, "valuation": "fob"},
    ]
    table = pd.DataFrame(rows).assign(year=2021, source="test", complete=[True, False, False])
    made = kv.reconcile(table)
    assert made.complete.to_numpy().tolist() == [["KAZ", "imports", 2021]]
    assert judge(made, "KAZ", "PRK", 2021, "imports", 8200.0).verdict == "outside"
    assert judge(made, "KAZ", "RUS", 2021, "exports", 8200.0).verdict == "cannot be told", "that list is not there"
    apart = judge(made, "KAZ", "CHN", 2021, "imports", 3.0)
    assert (apart.verdict, apart.sentence[:40]) == ("cannot be told", "the reports are something and nothing (K")


@pytest.mark.parametrize("flow", ["Imports", "IMPORTS", " imports", "импорт", "Импорт"])
def test_the_flow_may_be_in_capitals_or_russian(flow: str) -> None:
    assert kv.check_figure("KAZ", "Китай", 2021, flow, 8.2e9).verdict == "within the reports"


@pytest.mark.parametrize("value", ["8.2e9", True, None, float("nan"), float("inf"), 0])
def test_a_value_is_a_number(value: Any) -> None:
    with pytest.raises(kv.SourceError, match="expected USD, a number above 0"):
        kv.check_figure("KAZ", "CHN", 2021, "imports", value)


@pytest.mark.parametrize("year", ["x", "2021", 2021.7, True, None, float("nan")])
def test_a_year_is_a_whole_number(year: Any) -> None:
    with pytest.raises(kv.SourceError, match="expected a whole number, as 2021"):
        kv.check_figure("KAZ", "CHN", year, "imports", 8.2e9)


@pytest.mark.parametrize("text", ["8.2e9", "8.2bn", "8.2 bn USD", "8200m", "8200000000"])
def test_values_on_the_command_line(text: str) -> None:
    assert usd(text) == pytest.approx(8.2e9)
    shown = CliRunner().invoke(app, ["check-figure", "KAZ", "CHN", "2021", "imports", text])
    assert (shown.exit_code, "is what KAZ reports" in shown.output) == (0, True)


@pytest.mark.parametrize(
    ("text", "message"), [("-5", "a number above 0"), ("8,2e9", "write 8.2e9"), ("8.2 млрд", "write 8.2e9, 8.2bn")]
)
def test_wrong_values_on_the_command_line(text: str, message: str) -> None:
    refused = CliRunner().invoke(app, ["check-figure", "KAZ", "CHN", "2021", "imports", text])
    assert refused.exit_code == 1
    assert message in str(refused.exception)


def test_the_flags_and_the_exit_status_are_told() -> None:
    told = CliRunner().invoke(app, ["check-figure", "GMB", "KAZ", "2023", "exports", "2.9e9", "--json"])
    assert json.loads(told.output)["rules"] == ["compiled", "gdp", "jump"]
    assert "exit status is 0 whatever" in CliRunner().invoke(app, ["check-figure", "--help"]).output.replace("\n", " ")


@pytest.mark.parametrize(
    ("musd", "said"),
    [
        (14400, "14.4 bn USD"), (703.2, "703 m USD"), (4.3, "4.3 m USD"), (0.43, "430 th USD"), (7.19e-05, "72 USD"),
        (0, "0 USD"), (1e24, "1e+30 USD"), (17.7e6, "17,700.0 bn USD"),
    ],
)  # fmt: skip
def test_money_in_words(musd: float, said: str) -> None:
    assert money.words(musd) == said


def test_ratios_in_words() -> None:
    said = [money.ratio(one, 10.0) for one in (14.4, 10.4, 42.0, 6.0, 1e21)]
    assert said == ["44 % more than", "4 % more than", "4.2 times", "60 % of", "1e+20 times"]


@pytest.mark.parametrize(
    ("given", "error", "message"),
    [
        (("KAZ", "EU", 2021, "imports", 1e9), kv.LabelError, "is a group of countries"),
        (("KAZ", "Chnia", 2021, "imports", 1e9), kv.LabelError, "Did you mean 'China'"),
        (("KAZ", "KAZ", 2021, "imports", 1e9), kv.LabelError, "with itself"),
        (("KAZ", "CHN", 2021, "import", 1e9), kv.LabelError, "Did you mean 'imports'"),
        (("KAZ", "CHN", 2021, "imports", -1.0), kv.SourceError, "a number above 0"),
    ],
)
def test_wrong_questions_are_refused(given: tuple, error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        kv.check_figure(*given)
    with pytest.raises(kv.SourceError, match="no product data"):
        kv.check_figure("KAZ", "CHN", 2021, "imports", 1e9, product="8703")
    with pytest.raises(kv.SourceError, match="no flow of 1990"):
        kv.mirror(year=1990)
    with pytest.raises(kv.SourceError, match="no such folder"):
        kv.mirror("nowhere")


def test_commands_print_tables_and_json() -> None:
    shown = CliRunner().invoke(app, ["mirror", "Kazakhstan", "--year", "2023", "--top", "5"])
    assert shown.exit_code == 0
    for word in ("KAZ 2023: reports of both sides", "Flags 2023", "Quality of reporters", "CEPII BACI", "shipped"):
        assert word in shown.output
    told = json.loads(CliRunner().invoke(app, ["mirror", "--json"]).output)
    assert told["year"] == 2023
    assert {"exporter", "importer", "rule", "reason"} == set(told["flags"][0])
    figure = CliRunner().invoke(app, ["check-figure", "KAZ", "CHN", "2021", "imports", "8.2e9", "--json"])
    assert json.loads(figure.output)["verdict"] == "within the reports"


def test_faults_of_a_national_file_come_together(tmp_path: Path) -> None:
    file = tmp_path / "customs" / "kz_official_trade_by_partner_2018_2023.csv"
    file.parent.mkdir()
    file.write_text(
        "year,file,partner_ru,turnover_kusd,export_kusd,import_kusd\n2021,a,Всего,9,5,4\n2021,a,Китай,3,2,1\n"
        "2021,a,Атлантида,1,1,0\n2021,a,Россия,x,two,0\n",
        encoding="utf-8",
    )
    with pytest.raises(kv.SourceError) as refused:
        kazakhstan.read(tmp_path)
    assert "unknown country 'Атлантида'" in str(refused.value)
    assert "Россия: 'two' is not a number" in str(refused.value)
    empty = tmp_path / "empty"
    empty.mkdir()
    with pytest.raises(kv.SourceError, match="none of the files of reports is there"):
        read_reports(empty)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"<html><body>403</body></html>", "not in the layout of the reader 'kazakhstan'"),
        (b"year,file,partner,export_kusd,import_kusd\n2021,a,x,1,1\n", "partner_ru"),
        ("year,file,partner_ru,export_kusd,import_kusd\n2021,a,Китай,1,1\n".encode("cp1251"), "UnicodeDecodeError"),
    ],
)
def test_broken_files_are_named(content: bytes, message: str, tmp_path: Path) -> None:
    file = tmp_path / "customs" / "kz_official_trade_by_partner_2018_2023.csv"
    file.parent.mkdir()
    file.write_bytes(content)
    with pytest.raises(kv.SourceError, match=rf"kz_official.*{message}"):
        read_reports(tmp_path)


def test_a_missing_companion_is_named(tmp_path: Path) -> None:
    file = tmp_path / "customs" / "eurostat_member_exports_monthly_2019_2024.csv"
    file.parent.mkdir()
    file.write_text("REPORTER,PARTNER,month,VALUE_IN_EUR\nMalta,Kazakhstan,2021-01,5\n", encoding="utf-8")
    with pytest.raises(kv.SourceError, match=r"daily_usd_crosses.*no such file; the reader 'eurostat' needs it"):
        read_reports(tmp_path)


def test_numbers_as_files_write_them() -> None:
    assert [common.number(v) for v in ("1 234,5", "-", "7", "1\xa0000")] == [1234.5, 0, 7, 1000]
    assert all(np.isnan(common.number(v)) for v in ("", " ", float("nan"), None)), "an empty cell is not a zero"
