"""Inter-country tables to Worlds: a table written from a known World gives it back; rules, checks and faults."""

from __future__ import annotations

import zipfile
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from icio_file import CATEGORIES, Raw, raw
from worlds import random_world

import karvan as kv
from karvan.core.errors import SourceError
from karvan.data import icio, store
from karvan.data.icio.layout import industries
from karvan.data.icio.settle import settle

COUNTRIES = ("KAZ", "CHN", "MEX", "RUS", "ROW")
SECTORS = {
    "2023": ("A01_02", "B05_06", "C30", "D", "J62_63"),
    "extended": ("A01", "B06", "C301", "C302T309", "D"),
}


def known(seed: int = 1, edition: str = "2023", **kind: object) -> kv.World:
    """A random World under the labels of an edition."""
    world = random_world(seed, len(COUNTRIES), 5, unions=False, **{"tariffs": False, **kind})
    sectors = SECTORS[edition]
    return replace(world, countries=COUNTRIES, sectors=sectors, services=sectors[-2:])


def same(found: kv.World, wanted: kv.World) -> None:
    assert found.countries == wanted.countries
    assert found.sectors == wanted.sectors
    made = wanted.Y > 0  # what an industry without output would buy is not in a table
    for name in ("M", "tau", "gamma", "beta", "X", "alpha", "D", "I"):
        one, two = getattr(found, name), getattr(wanted, name)
        if name in ("gamma", "beta"):
            one, two = (np.where(made[:, None] if name == "gamma" else made, v, 0.0) for v in (one, two))
        np.testing.assert_allclose(one, two, rtol=0, atol=1e-12 * max(np.abs(two).max(), 1.0))


@pytest.mark.parametrize("edition", ["2023", "extended"])
@pytest.mark.parametrize("drawn", [0.0, 0.9])
@pytest.mark.parametrize("seed", [1, 2])
def test_a_world_comes_back(tmp_path: Path, edition: str, drawn: float, seed: int) -> None:
    world = known(seed, edition)
    table = raw(world, seed, drawn=drawn)
    path = table.write(tmp_path / "2019_SML.csv")
    found = kv.load("icio", year=2019, path=path)
    assert (drawn > 0) == any((table.cells[:-3, c] < 0).any() for c, n in enumerate(table.columns) if "INVNT" in n)
    same(found, world)
    assert found.year == 2019
    assert found.name == "icio-2019"
    assert found.services == SECTORS[edition][3 if edition == "2023" else 4 :]
    found.check()


def test_a_world_with_duties_comes_back(tmp_path: Path) -> None:
    world = known(3, tariffs=True)
    path = raw(world, 3).write(tmp_path / "2019_SML.csv")
    settled = settle(icio.read(path), world.tau)
    np.testing.assert_allclose(settled.M, world.M, rtol=1e-11, atol=1e-9)
    made = (world.Y > 0)[:, None]
    np.testing.assert_allclose(settled.gamma * made, world.gamma * made, rtol=1e-11, atol=1e-12)


def test_parts_of_china_and_mexico_are_added_exactly(tmp_path: Path) -> None:
    world = known(4)
    parts = icio.read(raw(world, 5, split=True).write(tmp_path / "2018_SML.csv"))
    whole = icio.read(raw(world, 5, split=False).write(tmp_path / "2019_SML.csv"))
    assert parts.merged == (("CN1", "CHN"), ("CN2", "CHN"), ("MX1", "MEX"), ("MX2", "MEX"))
    assert whole.merged == ()
    for name in ("Z", "F", "TLS", "VA", "OUT", "final_taxes"):
        np.testing.assert_allclose(getattr(parts, name), getattr(whole, name), rtol=1e-13, atol=1e-10)


def test_the_zip_of_the_owner(tmp_path: Path) -> None:
    world = known(1)
    path = tmp_path / "2016-2020.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for year in (2018, 2019):
            file = raw(world, year).write(tmp_path / f"{year}_SML.csv")
            archive.write(file, f"ICIO/{year}_SML.csv")
        archive.writestr("ReadMe.txt", "notes")
    same(kv.load("icio", year=2018, path=path), world)
    with pytest.raises(SourceError, match=r"several years inside; pass year= one of 2018, 2019"):
        kv.load("icio", path=path)
    with pytest.raises(SourceError, match=r"no 2020_SML.csv inside"):
        kv.load("icio", year=2020, path=path)


def edited(table: Raw, seed: int) -> Raw:
    """Draw stocks down beyond every other use, and put negative cells elsewhere; output stays the sum of uses."""
    rng = np.random.default_rng(seed)
    cells, size = table.cells.copy(), len(table.rows) - 3
    stocks = [c for c, n in enumerate(table.columns) if n.endswith("_INVNT")]
    fixed = [c for c, n in enumerate(table.columns) if n.endswith("_GFCF")]
    scale = cells[:size, -1].max()
    for row, column in zip(rng.integers(size, size=12), rng.choice([*stocks, *fixed], 12), strict=True):
        cells[row, column] -= 0.02 * scale * rng.uniform(0, 1)
    cells[:size, -1] = cells[:size, :-1].sum(axis=1)
    short = cells[:size, -1] < 0.2 * table.cells[:size, -1]
    cells[:size][short, :] = table.cells[:size][short, :]
    cells[-1, :size] = cells[:size, -1]
    cells[-2, :size] = cells[-1, :size] - cells[:size, :size].sum(axis=0) - cells[-3, :size]
    return Raw(table.rows, table.columns, cells)


@settings(max_examples=15, deadline=None)
@given(seed=st.integers(0, 10**6), rule=st.sampled_from(["final", "absorb", "remove"]))
def test_any_balanced_table_gives_a_world(tmp_path_factory: pytest.TempPathFactory, seed: int, rule: str) -> None:
    table = edited(raw(known(seed % 50), seed, split=False, drawn=0.5), seed)
    path = table.write(tmp_path_factory.mktemp("icio") / "2019_SML.csv")
    world, checks = icio.build(path, inventories=rule)
    world.check()
    assert (world.M >= 0).all()
    assert (world.alpha >= -1e-12).all()
    np.testing.assert_allclose(world.M, by_inversion(table, rule), rtol=1e-8, atol=1e-8 * world.M.max())
    said = {row[0]: row[1] for row in checks.rows}
    assert said["negative cells of final use"] == (icio.read(path).F < 0).sum()


def by_inversion(table: Raw, rule: str) -> np.ndarray:
    """The same flows by one dense solve, from the cells as they lie in the file."""
    N, J, C = len(COUNTRIES), 5, len(CATEGORIES)
    size = N * J
    Z, F = table.cells[:size, :size], table.cells[:size, size:-1].reshape(size, N, C).copy()
    stock = CATEGORIES.index("INVNT")
    if rule == "absorb":
        F[..., stock] = np.maximum(F[..., stock], 0)
    if rule == "remove":
        F[..., stock] = 0
    f = np.maximum(F.sum(axis=2), 0)
    A = Z / np.where(table.cells[-1, :size] > 0, table.cells[-1, :size], 1.0)
    A = A * np.minimum(1, (1 - 0.005) / np.maximum(A.sum(axis=0), 1e-300))
    y = np.linalg.solve(np.eye(size) - A, f.sum(axis=1))
    flows = (A * y).reshape(size, N, J).sum(axis=2) + f
    return flows.reshape(N, J, N).transpose(2, 0, 1)


def test_what_was_done_is_told(tmp_path: Path) -> None:
    path = edited(raw(known(7), 7, split=False), 7).write(tmp_path / "2019_SML.csv")
    world, checks = icio.build(path)
    said = {row[0]: row[1] for row in checks.rows}
    assert said["negative final uses set to zero"] > 0
    assert 0 < said["output changed by the rules"] < 20
    block = next(b for b in world.sources if b.symbol == "M")
    assert block.flag == "reconciled"
    assert "negative final uses set to zero" in block.note
    tau = next(b for b in world.sources if b.symbol == "tau")
    assert tau.flag == "assumed"
    assert "no tariffs were given" in tau.note
    plain, _ = icio.build(raw(known(7), 7).write(tmp_path / "2018_SML.csv"))
    assert next(b for b in plain.sources if b.symbol == "M").flag == "observed"


def test_too_little_value_added_is_raised(tmp_path: Path) -> None:
    table = raw(known(8), 8, split=False)
    cells, size = table.cells.copy(), len(table.rows) - 3
    more = 1.2 * table.cells[-1, 3] / cells[:size, 3].sum()
    cells[:size, -1] += cells[:size, 3] * (more - 1)
    cells[:size, 3] *= more
    cells[-1, :size] = cells[:size, -1]
    cells[-2, :size] = cells[-1, :size] - cells[:size, :size].sum(axis=0) - cells[-3, :size]
    assert cells[-2, 3] < 0
    world, checks = icio.build(Raw(table.rows, table.columns, cells).write(tmp_path / "2019_SML.csv"))
    said = {row[0]: (row[1], row[2]) for row in checks.rows}
    assert said["industries with value added of zero or less"] == (1, table.rows[3])
    assert said["industries left with too little value added"][0] > 0
    assert world.beta.min() == pytest.approx(0.005)


def test_dust_is_dropped_in_both_sides(tmp_path: Path) -> None:
    table = raw(known(9, zeros=0.0), 9, split=False)
    cells = table.cells.copy()
    row, column = table.at("KAZ_A01_02", "RUS_HFCE")
    seller = [c for c, name in enumerate(table.columns) if name.startswith("RUS_")]
    cells[row, -1] -= cells[row, seller].sum() - 5e-7
    cells[row, seller] = 0.0
    cells[row, column] = 5e-7
    cells[-1, table.columns.index("KAZ_A01_02")] = cells[row, -1]
    size = len(table.rows) - 3
    cells[-2, :size] = cells[-1, :size] - cells[:size, :size].sum(axis=0) - cells[-3, :size]
    world, checks = icio.build(Raw(table.rows, table.columns, cells).write(tmp_path / "2019_SML.csv"))
    assert world.M[3, 0, 0] == 0
    assert ("flows below one dollar dropped", 5e-7, "MUSD in 1 flows") in checks.rows
    world.check()


def test_a_tariff_is_solved_as_in_the_world_it_came_from(tmp_path: Path) -> None:
    world = known(2)
    path = raw(world, 2, drawn=0.5).write(tmp_path / "2019_SML.csv")
    found = kv.load("icio", path=path, theta=4.0).rebuilt(blocs=())  # the first world has no union
    shock = kv.set_tariff(importer="KAZ", exporter="CHN", rate=0.2)
    ours, theirs = kv.solve(found, shock), kv.solve(world.with_theta(4.0), shock)
    assert ours.residuals.max() < 1e-10
    np.testing.assert_allclose(ours["welfare_hat"].values, theirs["welfare_hat"].values, atol=1e-10)
    assert abs(float(ours["welfare_hat"].sel(country="CHN")) - 1) > 1e-5


def test_blocs_of_the_year(tmp_path: Path) -> None:
    world = kv.load("icio", path=raw(known(1), 1).write(tmp_path / "2021_SML.csv"))
    assert world.blocs["EAEU"].members == ("KAZ", "RUS")
    assert sum(world.blocs["EAEU"].shares.values()) == pytest.approx(1)
    assert any(b.symbol == "pool" and "BLR" in b.note for b in world.sources)
    early = kv.load("icio", path=raw(known(1), 1).write(tmp_path / "2005_SML.csv"))
    assert "EAEU" not in early.blocs


@pytest.mark.parametrize("choice", ["median", "CP", 5.0, {"B05_06": 9.0}])
def test_elasticities(tmp_path: Path, choice: object) -> None:
    world = kv.load("icio", path=raw(known(1), 1).write(tmp_path / "2019_SML.csv"), theta=choice)
    wanted = {"median": (20.0, 4.0), "CP": (20.0, 4.0), "5.0": (5.0, 5.0), "{'B05_06': 9.0}": (9.0, 4.0)}[str(choice)]
    assert (world.theta[1], world.theta[4]) == wanted
    assert world.theta_sets["CP"][0] == pytest.approx(9.11)
    span = world.params.entries["theta"]
    assert (span.low <= world.theta).all()
    assert (world.theta <= span.high).all()


def test_every_industry_has_an_elasticity() -> None:
    from karvan.data.icio.thetas import build

    for edition, size in (("2023", 45), ("extended", 50)):
        sectors = industries(edition)
        assert len(sectors) == size
        assert (build(sectors).theta >= 1.5).all()
    with pytest.raises(SourceError, match=r"no set 'CPP'. Did you mean 'CP'"):
        build(sectors, "CPP")


CASES = {
    "web page": (lambda t: "<!DOCTYPE html><html>blocked</html>", "a web page, not a table"),
    "empty": (lambda t: "", "the file is empty"),
    "semicolons": (lambda t: t.replace(",", ";"), "columns are not separated by commas"),
    "decimal comma": (lambda t: t.replace(".", ","), "are decimals written with a comma?"),
    "cut in a row": (lambda t: t[: len(t) * 2 // 3], "the file is cut off"),
    "without the last rows": (lambda t: t[: t.index("\nVA,")], "row 'VA' is missing"),
    "without a row": (lambda t: without(t, "RUS_D"), "row 'RUS_D' is missing"),
    "without a column": (lambda t: t.replace(",KAZ_GFCF", ",KAZ_P5", 1), "unknown industry 'P5'"),
    "other layout": (lambda t: t.replace(",OUT\n", ",TOTAL\n", 1), "the last column is 'TOTAL', expected 'OUT'"),
    "unknown country": (lambda t: t.replace("KAZ_", "KZH_"), "unknown country code 'KZH'"),
    "unknown industry": (lambda t: t.replace("_J62_63", "_J62"), "unknown industry 'J62'"),
    "a word": (lambda t: changed(t, "RUS_D", 4, "n.a."), "KAZ_D 'n.a.'"),
    "an empty cell": (lambda t: changed(t, "RUS_D", 4, ""), "KAZ_D ''"),
    "not finite": (lambda t: changed(t, "RUS_D", 4, "inf"), "KAZ_D 'inf'"),
    "a row twice": (lambda t: t + row(t, "RUS_D"), "row 'RUS_D' occurs again"),
    "a strange row": (lambda t: t + row(t, "RUS_D").replace("RUS_D", "TOTAL"), "row 'TOTAL' has no column"),
    "negative output": (lambda t: changed(t, "OUT", 1, "-5"), "output is negative in 1 industries: KAZ_A01_02"),
    "zero output": (lambda t: changed(t, "OUT", 1, "0"), "output is zero but inputs are bought"),
    "a changed sum": (lambda t: changed(t, "OUT", 1, "1e9"), "OUT of the row differs from OUT of the column"),
    "a changed cell": (lambda t: changed(t, "RUS_D", 4, "1e5"), "the rows do not sum to OUT"),
}  # fmt: skip


def row(text: str, label: str) -> str:
    return next(r for r in text.splitlines() if r.startswith(label + ","))


def without(text: str, label: str) -> str:
    return "\n".join(r for r in text.splitlines() if not r.startswith(label + ","))


def changed(text: str, label: str, column: int, value: str) -> str:
    rows = text.splitlines()
    at = next(i for i, r in enumerate(rows) if r.startswith(label + ","))
    cells = rows[at].split(",")
    cells[column] = value
    return "\n".join([*rows[:at], ",".join(cells), *rows[at + 1 :]]) + "\n"


@pytest.mark.parametrize("case", CASES)
def test_faults_of_a_file(tmp_path: Path, case: str) -> None:
    change, message = CASES[case]
    path = raw(known(1), 1, split=False).write(tmp_path / "2019_SML.csv")
    path.write_text(change(path.read_text(encoding="utf-8")), encoding="utf-8")
    with pytest.raises(SourceError) as raised:
        kv.load("icio", year=2019, path=path)
    assert message in str(raised.value)
    assert "2019_SML.csv" in str(raised.value)


def test_empty_cells_under_final_use_are_zeros(tmp_path: Path) -> None:
    path = raw(known(1), 1, split=False).write(tmp_path / "2019_SML.csv")
    text = path.read_text(encoding="utf-8")
    for label in ("VA", "OUT"):
        cells = row(text, label).split(",")
        text = text.replace(row(text, label), ",".join([*cells[:26], *("" for _ in cells[26:])]))
    path.write_text(text, encoding="utf-8")
    same(kv.load("icio", path=path), known(1))


def test_faults_are_told_together(tmp_path: Path) -> None:
    path = raw(known(1), 1, split=False).write(tmp_path / "2018_SML.csv")
    text = changed(changed(path.read_text(encoding="utf-8"), "RUS_D", 4, "x"), "KAZ_D", 2, "1,5")
    path.write_text(without(text, "VA"), encoding="utf-8")
    with pytest.raises(SourceError) as raised:
        kv.load("icio", year=2019, path=path)
    text = str(raised.value)
    for message in (
        "is of 2018, not of 2019",
        "2018_SML.csv:20: row 'RUS_D': 1 cell",
        ":5: row 'KAZ_D' has 57 cells",
        "'VA'",
    ):
        assert message in text


def test_options_and_files_that_are_not_there(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    with pytest.raises(SourceError, match=r"no option 'yaer'. Did you mean 'year'"):
        kv.load("icio", yaer=2019)
    with pytest.raises(SourceError, match=r"'eurasia-2021' has no option 'year'. It takes none"):
        kv.load("eurasia-2021", year=2019)
    with pytest.raises(SourceError, match="pass year="):
        kv.load("icio")
    with pytest.raises(SourceError, match="no such file"):
        kv.load("icio", path=tmp_path / "2019_SML.csv")
    path = raw(known(1), 1).write(tmp_path / "2019_SML.csv")
    with pytest.raises(SourceError, match="year='2019'; expected a whole number"):
        kv.load("icio", path=path, year="2019")
    with pytest.raises(SourceError, match="of the 2023 edition, not of 'extended'"):
        kv.load("icio", path=path, edition="extended")
    with pytest.raises(SourceError, match=r"inventories: 'absrob'. Did you mean 'absorb'"):
        kv.load("icio", path=path, inventories="absrob")
    monkeypatch.setattr(store, "get", lambda name, **options: [path] if options["year"] == 2019 else [])
    same(kv.load("icio", year=2019), known(1))
    monkeypatch.undo()
    monkeypatch.setenv("KARVAN_OFFLINE", "1")
    with pytest.raises(SourceError, match=r"not in the cache.*--from PATH"):
        kv.load("icio", year=2019)


def test_check_prints_the_table_and_the_world(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    import json

    from karvan.cli.scenarios import check
    from karvan.core.errors import ScenarioError

    path = edited(raw(known(7), 7, split=False), 7).write(tmp_path / "2019_SML.csv")
    check(str(path))
    text = capsys.readouterr().out
    for line in (
        "Checks of 2019_SML.csv, inventories: final",
        "negative cells of final use",
        "Identities of World(icio-2019",
    ):
        assert line in text
    check(str(path), json=True)
    assert set(json.loads(capsys.readouterr().out)) == {"table", "identities", "sources"}
    with pytest.raises(SourceError, match="is of 2019, not of 2018"):
        check(str(path), year=2018)
    with pytest.raises(ScenarioError, match="--year goes with"):
        check("eurasia-2021", year=2019)


def test_a_world_is_built_from_the_command_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    from karvan.cli.data import data_build

    path = raw(known(3), 3).write(tmp_path / "2019_SML.csv")
    rates = tmp_path / "rates.csv"
    rates.write_text("importer,exporter,sector,rate\nKAZ,World,A01_02,0.1\n", encoding="utf-8")
    data_build("icio", path, tmp_path / "out", year=2019, tariffs=rates)
    assert "Checks of 2019_SML.csv" in capsys.readouterr().out
    assert kv.load(tmp_path / "out" / "icio-2019.npz").tau[0, 1, 0] == 0.1
    with pytest.raises(SourceError, match="'eurasia-2021' has no option 'year'"):
        data_build("eurasia-2021", tmp_path, year=2019)
    with pytest.raises(SourceError, match="an inter-country table"):
        kv.load(path)


def test_a_world_is_saved_and_read_again(tmp_path: Path) -> None:
    world = kv.load("icio", path=raw(known(3), 3).write(tmp_path / "2019_SML.csv"))
    world.save(tmp_path / "mine.npz")
    assert kv.load(tmp_path / "mine.npz").sha256 == world.sha256
