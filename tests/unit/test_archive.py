from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from worlds import random_change, random_world

from karvan import Bloc, Block, Outcome, Params, Range, SourceError, SymbolError, Table, World, solve
from karvan.core import archive


def test_write_and_read(tmp_path: Path) -> None:
    path = tmp_path / "a.npz"
    archive.write(path, {"x": np.arange(3.0)}, {"naïve": ["ä", 1, None]})
    arrays, meta = archive.read(path)
    np.testing.assert_array_equal(arrays["x"], [0, 1, 2])
    assert meta == {"naïve": ["ä", 1, None]}
    assert [p.name for p in tmp_path.iterdir()] == ["a.npz"]


def test_what_is_no_archive(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="no such file"):
        archive.read(tmp_path / "none.npz")
    (tmp_path / "text.npz").write_text("hello")
    with pytest.raises(SourceError, match="not a karvan archive"):
        archive.read(tmp_path / "text.npz")
    np.savez(tmp_path / "plain.npz", x=np.ones(2))
    with pytest.raises(SourceError, match="without karvan's metadata"):
        archive.read(tmp_path / "plain.npz")
    np.save(tmp_path / "one.npy", np.ones(2))
    with pytest.raises(SourceError, match="not a karvan archive"):
        archive.read(tmp_path / "one.npy")


@pytest.mark.parametrize("keep", [10, 200, -10])
def test_half_a_file_is_refused(tmp_path: Path, keep: int) -> None:
    path = tmp_path / "w.npz"
    random_world(1, 3, 2).save(path)
    path.write_bytes(path.read_bytes()[:keep])
    with pytest.raises(SourceError, match="not a karvan archive"):
        World.load(path)


def test_a_failure_leaves_the_old_file_and_nothing_else(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "a.txt"
    archive.write_whole(path, "old")

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fdopen", full)
    with pytest.raises(SourceError, match="cannot write there"):
        archive.write_whole(path, "new")
    monkeypatch.undo()
    assert path.read_text() == "old"
    assert [p.name for p in tmp_path.iterdir()] == ["a.txt"]
    archive.write_whole(path, "new")
    assert path.read_text() == "new"


def test_a_folder_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="cannot write there"):
        archive.write_whole(tmp_path / "no" / "a.txt", "x")


def test_digest_sees_values_names_shapes_and_types() -> None:
    x = np.arange(6.0)
    base = archive.digest({"x": x}, None)
    assert base == archive.digest({"x": x.astype(">f8")}, None)
    others: list[dict[str, np.ndarray]] = [{"y": x}, {"x": x.reshape(2, 3)}, {"x": x + 1e-15}, {"x": x.astype(int)}]
    assert len({base, archive.digest({"x": x}, 1), *(archive.digest(o, None) for o in others)}) == 6
    assert archive.digest({"x": x, "y": x}, None) == archive.digest({"y": x, "x": x}, None)


@pytest.mark.parametrize(
    "theta",
    [Range(4.0, 2.0, 9.0, "a study"), Range(np.full(3, 4.0), np.full(3, 2.0), np.full(3, 9.0), "", 0.5)],
)
def test_ranges_of_theta_survive(tmp_path: Path, theta: Range) -> None:
    world = random_world(1, 5, 3).rebuilt(params=Params(theta=theta)).with_theta(20.0)
    world.save(tmp_path / "w.npz")
    again = World.load(tmp_path / "w.npz")
    assert again.sha256 == world.sha256
    entry = again.params.entries["theta"]
    np.testing.assert_array_equal(entry.draw("theta", 1, 1), theta.draw("theta", 1, 1))
    assert (entry.source, entry.together) == (theta.source, theta.together)


def test_papers_of_a_world_survive(tmp_path: Path) -> None:
    bloc = Bloc("B", ("C00", "C01"), exceptions=(("C00", "C01"),), title="t", source="s")
    schedules = {"mfn": np.full((3, 2), np.nan)}
    world = random_world(1, 3, 2, unions=False).rebuilt(
        blocs=[bloc], schedules=schedules, sources=[Block("M", source="who", flag="observed")], name="n"
    )
    world.save(tmp_path / "w.npz")
    again = World.load(tmp_path / "w.npz")
    assert again.blocs["B"] == bloc
    assert again.sources == world.sources
    assert (again.name, again.year, again.services) == (world.name, world.year, world.services)
    assert np.isnan(again.schedules["mfn"]).all()
    assert again.sha256 == world.sha256


def test_the_hash_sees_what_a_result_depends_on_and_nothing_else() -> None:
    world = random_world(1, 5, 3)
    assert world.rebuilt(name="other", sources={"M": "someone else"}).sha256 == world.sha256
    others = [
        world.with_theta(4.0),
        world.rebuilt(tau=0.0),
        world.rebuilt(blocs=()),
        world.rebuilt(services=()),
        world.rebuilt(schedules={}),
        world.permuted(world.countries[::-1]),
    ]
    assert len({world.sha256, *(w.sha256 for w in others)}) == 7


def test_outcomes_survive(tmp_path: Path) -> None:
    world = random_world(1, 5, 3)
    out = solve(world, random_change(1, world), deficits="fixed")
    out.save(tmp_path / "o.npz")
    again = Outcome.load(tmp_path / "o.npz")
    assert again.world.sha256 == out.world.sha256
    assert set(again.values) == set(out.values)
    assert all(np.array_equal(again.values[k], v) for k, v in out.values.items())
    assert (again.residuals, again.steps, again.deficits, again.notes) == (
        out.residuals,
        out.steps,
        out.deficits,
        out.notes,
    )
    assert again.record == out.record
    assert str(again.table("welfare_hat")) == str(out.table("welfare_hat"))


def test_an_outcome_with_its_labels() -> None:
    world = random_world(1, 5, 3)
    out = solve(world, random_change(1, world))
    assert float(out["welfare_hat"].sel(country="C03")) == out.values["welfare_hat"][3]
    assert out["pi_new"].attrs["unit"] == "share"
    assert set(out.to_xarray().data_vars) == set(out.values)
    with pytest.raises(SymbolError, match=r"unknown symbol 'welfare'. Did you mean 'welfare_hat'"):
        out["welfare"]
    with pytest.raises(SymbolError, match="this outcome has no 'M'"):
        out["M"]
    table = out.table("welfare_hat")
    assert table.columns == ("country", "welfare_hat", "percent change")
    assert table.rows[3][2] == pytest.approx(100 * (out.values["welfare_hat"][3] - 1))
    assert len(out.table("M_new").rows) == 75


def test_table() -> None:
    table = Table(("country", "value"), (("KAZ", 1.25), ("RUS", None)), "Two rows")
    assert str(table) == "Two rows\ncountry  value\n--------------\nKAZ       1.25\nRUS"
    assert table.to_dicts() == [{"country": "KAZ", "value": 1.25}, {"country": "RUS", "value": None}]
    assert table.to_csv() == "country,value\nKAZ,1.25\nRUS,\n"
    assert Table(("a",), ()).to_csv() == "a\n"
    assert str(Table(("a",), ())) == "a\n-"
