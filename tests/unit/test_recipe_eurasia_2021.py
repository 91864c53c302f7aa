"""The recipe of the embedded world, against its sources and against official totals."""

import numpy as np
import pytest
from paths import shared

import karvan as kv
from karvan.core.errors import SourceError
from karvan.data.blocs import blocs
from karvan.data.recipes.eurasia_2021.common import assumptions, mix, ras, sectors
from karvan.data.worlds import build, comparison


@pytest.fixture(scope="module")
def built():
    return build("eurasia-2021", shared("icio", "customs", "facts", "baci2023", "gdp", "eora_cp2017"))


def test_the_recipe_gives_the_embedded_world(built):
    assert built[0].sha256 == kv.load("eurasia-2021").sha256


def test_writing_and_reading_back_gives_the_same_world(built, tmp_path):
    path = tmp_path / "world.npz"
    built[0].save(path)
    assert kv.load(path).sha256 == built[0].sha256


def test_members_goods_totals_are_the_official_ones(built):
    rows = {r["what"]: r for r in built[1].to_dicts()}
    for code in assumptions()["members"]:
        for flow in ("exports", "imports"):
            assert abs(rows[f"{code} goods {flow}"]["gap_percent"]) <= 0.1


def test_intra_union_trade_is_the_official_matrix(built):
    inside = [r for r in built[1].to_dicts() if " to " in r["what"] and not r["what"].startswith("KAZ exports")]
    assert len(inside) == 20
    assert all(abs(r["built"] - r["official"]) <= 0.02 * r["official"] + 0.2 for r in inside)


def test_missing_sources_are_named(tmp_path):
    with pytest.raises(SourceError, match="icio"):
        build("eurasia-2021", tmp_path)
    with pytest.raises(SourceError, match="no such folder"):
        build("eurasia-2021", tmp_path / "nowhere")
    with pytest.raises(SourceError, match="Did you mean 'eurasia-2021'"):
        build("eurasia2021", tmp_path)


def test_embedded_world_is_what_the_issue_says():
    world = kv.load("eurasia-2021")
    n = world.position("KAZ")
    goods = world.goods
    out = world.M[:, n].sum(axis=0) - world.M[n, n]
    assert len(world.countries) == 25 and len(world.sectors) == 14 and world.year == 2021
    assert out[goods].sum() == pytest.approx(60_321, rel=1e-3)
    assert out[~goods].sum() == pytest.approx(5_935, rel=1e-3)
    assert world.V[n] == pytest.approx(197_112, rel=1e-3)
    oil = world.sectors.index("oil_gas")
    assert out[oil] == pytest.approx(31_089.8 + 1_287.4 + 815.5, rel=1e-3)
    assert (world.alpha >= 0).all() and world.tau[:, :, ~goods].max() == 0
    members = [world.position(c) for c in world.blocs["EAEU"].members]
    assert world.tau[np.ix_(members, members)].max() == 0
    assert world.M[:, world.position("ARM"), oil].sum() - world.M[world.position("ARM"), world.position("ARM"), oil] < 1
    world.check()


def test_every_symbol_of_the_world_says_where_it_comes_from():
    world = kv.load("eurasia-2021")
    assert {"M", "tau", "gamma", "beta", "theta", "pool", "collection"} <= {b.symbol for b in world.sources}
    assert all(b.flag in ("observed", "reconciled", "borrowed", "assumed") for b in world.sources)


def test_comparison_travels_with_the_world():
    rows = comparison("eurasia-2021").to_dicts()
    assert {"KAZ goods exports", "RUS to KAZ", "KAZ import duties received", "KAZ value added"} <= {
        r["what"] for r in rows
    }


def test_ras_meets_both_margins():
    rng = np.random.default_rng(0)
    rows, columns = rng.uniform(1, 9, 5), rng.uniform(1, 9, 4)
    fitted = ras(rng.uniform(0, 1, (5, 4)), rows, columns)
    np.testing.assert_allclose(fitted.sum(axis=1), rows, rtol=1e-8)
    np.testing.assert_allclose(fitted.sum(axis=0), columns * rows.sum() / columns.sum(), rtol=1e-8)


def test_ras_keeps_what_the_margins_already_fit():
    table = np.array([[1.0, 2.0], [3.0, 4.0]])
    np.testing.assert_allclose(ras(table, table.sum(axis=1), table.sum(axis=0)), table, rtol=1e-5)


def test_export_mixes_are_over_known_sectors():
    for shares in assumptions()["export_mix"].values():
        assert set(shares) <= set(sectors())
        assert mix(shares).sum() == pytest.approx(1)


def test_blocs_follow_their_dates():
    before = {b.name: b for b in blocs(2012, ["KAZ", "RUS", "BLR", "ARM", "KGZ"])}["EAEU"]
    after = {b.name: b for b in blocs(2021, ["KAZ", "RUS", "BLR", "ARM", "KGZ"])}["EAEU"]
    assert before.members == ("KAZ", "RUS", "BLR") and before.shares["KAZ"] == pytest.approx(0.0733)
    assert set(after.members) == {"KAZ", "RUS", "BLR", "ARM", "KGZ"}
    assert after.shares["KAZ"] == pytest.approx(0.06955)
    assert sum(after.shares.values()) == pytest.approx(1)


def test_input_structures_name_the_sectors_of_the_source():
    path = shared("eora_cp2017") / "eora_cp2017" / "data_2017.npz"
    with np.load(path, allow_pickle=True) as z:
        names = [str(n) for n in z["sector_list"]]
        np.testing.assert_allclose(z["gamma"].sum(axis=2) + z["beta"], 1, atol=1e-6)  # the file is (user, input)
    found = {s: " ".join(names[i] for i in where) for s, where in assumptions()["eora"].items()}
    word = {
        "food": "Food",
        "textiles": "Textiles",
        "metals": "Metal",
        "vehicles": "Transport Equipment",
        "oil_gas": "Mining",
    }
    assert all(w in found[s] for s, w in word.items())
    assert "Wholesale" in found["trade_transport"] and "Transport" in found["trade_transport"]
    assert sorted(
        i for s, w in assumptions()["eora"].items() if s not in ("mining", "chemicals", "electronics") for i in w
    ) == list(range(len(names)))


def test_inputs_are_bought_by_those_who_use_them():
    world = kv.load("eurasia-2021")
    k = {s: i for i, s in enumerate(world.sectors)}
    n = world.position("DEU")
    assert world.gamma[n, k["agriculture"], k["food"]] > 2 * world.gamma[n, k["food"], k["agriculture"]] > 0
    refiners = [world.position(c) for c in ("KAZ", "RUS", "BLR", "DEU", "CHN", "USA")]
    assert world.gamma[refiners, k["oil_gas"], k["refined_oil"]].min() > 0.2
    assert (world.alpha[:, k["oil_gas"]] < 0.02).all()


def test_russian_partners_are_the_customs_ones():
    world = kv.load("eurasia-2021")
    goods, russia = world.goods, world.position("RUS")
    sold = world.M[:, russia][:, goods].sum(axis=1)
    assert sold[world.position("NLD")] == pytest.approx(42_100, rel=0.02)
    assert world.M[russia, world.position("CHN")][goods].sum() == pytest.approx(72_700, rel=0.02)
    near = [world.position(c) for c in ("KAZ", "BLR", "ARM", "KGZ", "UZB", "AZE", "GEO", "RCA", "UKR")]
    assert (world.M[near, russia][:, goods].sum(axis=1) > 100).all()  # BACI 2023 has holes here
    assert (world.M[russia, near][:, goods].sum(axis=1) > 30).all()
