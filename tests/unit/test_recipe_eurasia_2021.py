"""The recipe of the embedded world, against its sources and against official totals."""

import numpy as np
import pytest
from paths import shared

import karvan as kv
from karvan.core.errors import SourceError
from karvan.data.blocs import blocs
from karvan.data.recipes.eurasia_2021 import mirror
from karvan.data.recipes.eurasia_2021.common import assumptions, countries, mix, ras, sectors
from karvan.data.worlds import build, comparison

SOURCES = ("icio", "customs", "facts", "baci2023", "gdp", "eora_cp2017", "gravity", "fx")


@pytest.fixture(scope="module")
def pairs():
    return mirror.read(shared(*SOURCES))


@pytest.fixture(scope="module")
def built(pairs):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(mirror, "read", lambda source: pairs)  # reconciled once
        return build("eurasia-2021", shared(*SOURCES))


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


def goods_between(world, exporter, importer):
    return world.M[world.position(importer), world.position(exporter)][world.goods].sum()


def test_flows_with_both_reports_are_the_reconciled_ones(built, pairs):
    ends = {(countries()[mirror.place(p.exporter)], countries()[mirror.place(p.importer)]) for p in pairs}
    assert len(ends) == 52 and {("CHN", "KAZ"), ("KAZ", "CHN"), ("RUS", "KGZ"), ("UZB", "RUS"), ("REU", "ARM")} <= ends
    for exporter, importer in ends - {("REU", "RUS")}:  # some of that group report alone
        both = mirror.between(pairs, exporter, importer)
        assert goods_between(built[0], exporter, importer) == pytest.approx(sum(p.value for p in both), rel=0.005)


def test_reconciled_flows_are_at_customs_value_and_lie_between_the_reports_on_that_footing(pairs):
    known = {(p.exporter, p.importer): p for p in pairs}
    inside = [p for p in pairs if {p.exporter, p.importer} <= {*assumptions()["members"]}]
    assert len(inside) == 12
    for p in inside:  # alike at the common border: no margin
        assert p.value == pytest.approx(p.sold**p.weight * p.bought ** (1 - p.weight), rel=1e-3)
    china = known["CHN", "KAZ"]
    assert china.sold == 14_000 and 8_228 < china.value < 9_500 and china.low < china.value < china.high
    germany = known[
        "DEU", "KAZ"
    ]  # fob made customs value: above what the exporter's and below what the importer's gives
    assert germany.sold < germany.sold**germany.weight * germany.bought ** (1 - germany.weight) < germany.value
    assert all(p.low <= p.value <= p.high for p in pairs if np.isfinite(p.low))


def test_pairs_that_the_assumptions_keep_are_the_importers_report(built, pairs):
    (stated,) = assumptions()["importer_alone"]
    (kept,) = mirror.between(pairs, stated["exporter"], stated["importer"])
    assert kept.value == kept.bought < 0.5 * kept.sold
    assert goods_between(built[0], "UZB", "KGZ") == pytest.approx(kept.bought, rel=0.005)
    assert len(stated["why"]) > 50


def test_trade_of_belarus_is_what_its_partners_report(built):
    inside = [r for r in built[1].to_dicts() if "BLR" in r["what"].split(" to ") and " exports " not in r["what"]]
    assert len(inside) == 8
    assert all(abs(r["built"] - r["official"]) <= 0.001 * r["official"] + 0.2 for r in inside)


def partner_totals(**values):
    found = np.zeros(len(countries()))
    for code, value in values.items():
        found[countries().index(code)] = value
    return found


def pair(exporter, importer, value, sold, bought):
    return mirror.Pair(exporter, importer, value, 0.9 * value, 1.1 * value, sold, bought, 0.5)


def test_the_rest_of_the_world_takes_what_a_pair_changes():
    own = partner_totals(CHN=100, TUR=50, RUS=200, ROW=80)
    found = mirror.settle(own, [pair("CHN", "KAZ", 130, 160, 100)], "KAZ", "imports")
    np.testing.assert_allclose(found - own, partner_totals(CHN=30, ROW=-30))
    untouched = mirror.settle(own, [pair("CHN", "KAZ", 130, 160, 100)], "KAZ", "exports")
    np.testing.assert_array_equal(untouched, own)


def test_members_of_a_group_are_reconciled_one_by_one():
    own = partner_totals(REU=100, ROW=80)
    both = [pair("AUT", "KAZ", 30, 40, 20), pair("LTU", "KAZ", 12, 90, 11)]
    found = mirror.settle(own, both, "KAZ", "imports")
    np.testing.assert_allclose(found - own, partner_totals(REU=11, ROW=-11))


def test_the_rest_of_the_world_never_falls_below_half_and_partners_with_one_report_give_the_remainder():
    own = partner_totals(CHN=100, TUR=30, IND=10, RUS=200, ROW=20)
    found = mirror.settle(own, [pair("CHN", "KAZ", 118, 160, 100)], "KAZ", "imports")
    np.testing.assert_allclose(found - own, partner_totals(CHN=18, TUR=-6, IND=-2, ROW=-10))
    assert found.sum() == pytest.approx(own.sum()) and (found >= 0).all()


def test_a_pair_that_the_official_total_cannot_hold_is_refused_by_name():
    own = partner_totals(CHN=100, TUR=30, ROW=20)
    with pytest.raises(SourceError, match=r"KAZ imports: .* importer_alone"):
        mirror.settle(own, [pair("CHN", "KAZ", 150, 250, 100)], "KAZ", "imports")


def test_missing_sources_are_named(tmp_path):
    with pytest.raises(SourceError, match="icio"):
        build("eurasia-2021", tmp_path)
    with pytest.raises(SourceError, match="no such folder"):
        build("eurasia-2021", tmp_path / "nowhere")
    with pytest.raises(SourceError, match=r"dist_cepii\.parquet: not found"):
        mirror.read(tmp_path)
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
    (both,) = [b for b in world.sources if "karvan.reconcile" in b.note]
    assert both.flag == "reconciled" and "{" not in both.note and "CHN to KAZ: exporter reports 14,000" in both.note


def test_comparison_travels_with_the_world():
    rows = comparison("eurasia-2021").to_dicts()
    known = {r["what"]: r for r in rows}
    assert {"KAZ goods exports", "RUS to KAZ", "KAZ import duties received", "KAZ value added"} <= set(known)
    assert (
        "90 % range" in known["KAZ imports from CHN"]["comment"]
        and "14,000" in known["KAZ imports from CHN"]["comment"]
    )


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
