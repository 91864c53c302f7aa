"""What a first reader tried: odd and hostile input, each with a clear error, and promises held to."""

import json
import sys

import numpy as np
import pytest
from worlds import random_world

import karvan as kv
from karvan import cli
from karvan.run.verify import verify

HEAD = "schema: 1\nname: test\ntitle: t\nwhy: w\nsource: s\nworld: eurasia-2021\nshocks:\n"


@pytest.fixture(scope="module")
def world():
    return kv.load("eurasia-2021")


def scenario(tmp_path, shocks: str, head: str = HEAD) -> kv.Scenario:
    path = tmp_path / "case.yaml"
    path.write_text(head + shocks)
    return kv.Scenario.read(path)


def test_leaving_a_free_trade_area_keeps_what_the_union_keeps(world):
    change = kv.Scenario.of(kv.leave_bloc(country="KAZ", bloc="CISFTA")).change(world)
    kaz, rus, uzb = (world.position(c) for c in ("KAZ", "RUS", "UZB"))
    assert change.tau_new[rus, kaz].max() == 0 and change.tau_new[kaz, rus].max() == 0
    assert change.tau_new[uzb, kaz].max() > 0
    left = kv.Scenario.of(kv.leave_bloc(country="RUS", bloc="CISFTA")).change(world)
    ukr = world.position("UKR")
    np.testing.assert_array_equal(left.tau_new[ukr, rus], world.tau[ukr, rus])  # excepted from the area already


def test_two_newcomers_cannot_share_out_more_than_the_pool(world):
    both = kv.join_bloc(country="UZB", bloc="EAEU", pool_share=0.02) | kv.join_bloc(
        country="AZE", bloc="EAEU", pool_share=0.02
    )
    with pytest.raises((kv.SymbolError, kv.ConflictError)):
        both.change(world)


def test_most_likely_of_a_sweep_uses_its_own_ranges():
    base = random_world(3, 5, 3)
    shock = kv.friction(between=[base.countries[0], base.countries[1]], ad_valorem=0.1)
    runs = kv.sweep(
        base, kv.Scenario.of(shock), params=kv.Params(theta=kv.Range([12.0] * 3, [11.0] * 3, [13.0] * 3)), draws=40
    )
    band = runs.band("welfare_hat", "friction")
    assert band.low[0] <= band.mode[0] <= band.high[0]
    np.testing.assert_allclose(band.mode, kv.solve(base.with_theta(12.0), shock).values["welfare_hat"], rtol=1e-8)


def test_pandas_labels_are_refused_not_ignored():
    import pandas as pd

    with pytest.raises(kv.LabelError, match="pandas"):
        kv.World.from_arrays(countries=["A", "B"], sectors=["x", "y"], M=np.ones((2, 2, 2)), theta=pd.Series([4, 9]))


@pytest.mark.parametrize("values", [np.ma.masked_array(np.ones((2, 2, 1)), mask=True), np.ones((2, 2, 1)) * 1j])
def test_masked_and_complex_flows_are_refused(values):
    with pytest.raises(kv.SymbolError):
        kv.World.from_arrays(countries=["A", "B"], sectors=["x"], M=values, theta=4)


@pytest.mark.parametrize("countries", [{"A", "B"}, None, 3])
def test_countries_must_be_an_ordered_list(countries):
    with pytest.raises(kv.LabelError, match="ordered list"):
        kv.World.from_arrays(countries=countries, sectors=["x"], M=np.ones((2, 2, 1)), theta=4)


def test_a_bloc_may_not_be_called_like_a_country_or_another_bloc():
    for blocs in ([kv.Bloc("A", ("B",))], [kv.Bloc("U", ("A",)), kv.Bloc("U", ("B",))], ["EAEU"]):
        with pytest.raises(kv.LabelError):
            kv.World.from_arrays(countries=["A", "B"], sectors=["x"], M=np.ones((2, 2, 1)), theta=4, blocs=blocs)


def test_pool_is_read_only(world):
    with pytest.raises(ValueError, match="read-only"):
        world.pool[0, 0] = 0.9


def test_deficits_are_set_in_one_place():
    base = random_world(4, 4, 2)
    with pytest.raises(kv.InfeasibleError, match="choose one"):
        kv.solve(base, kv.Change(D_new=base.D * 0.5), deficits="share")


def test_record_is_of_the_world_given_and_verifies_without_input_links(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(sys, "argv", ["karvan", "run", "kz-exit-hard", "--no-io", "--out", str(tmp_path)])
    with pytest.raises(SystemExit):
        cli.main()
    capsys.readouterr()
    assert {row[3] for row in verify(tmp_path / "kz-exit-hard.record.json").rows} == {"same"}


@pytest.mark.parametrize("spoil", ["NaN", "Infinity", '"x"', "null"])
def test_a_spoilt_record_is_not_the_same(tmp_path, world, spoil):
    record = kv.solve(world, kv.Scenario.read("kz-exit-soft")).record
    text = json.dumps(dict(record)).replace(json.dumps(record["results"]["welfare_hat"]["RUS"]), spoil, 1)
    (tmp_path / "r.json").write_text(text)
    with pytest.raises(kv.SourceError, match="not a record"):
        verify(tmp_path / "r.json")


@pytest.mark.parametrize("text", ["{}", "[]", "[" * 5000, '{"karvan": "0"}', "\x00"])
def test_what_is_no_record_is_refused(tmp_path, text):
    (tmp_path / "r.json").write_text(text)
    with pytest.raises(kv.SourceError, match="not a record"):
        verify(tmp_path / "r.json")


@pytest.mark.parametrize("name", ["../../evil", "a/b", ".hidden", "", "a b"])
def test_names_of_scenarios_cannot_be_paths(tmp_path, name):
    with pytest.raises(kv.ScenarioError, match="name"):
        scenario(
            tmp_path,
            "  - friction: {between: [KAZ, RUS], ad_valorem: 0.1}\n",
            HEAD.replace("name: test", f"name: '{name}'"),
        )


def test_aliases_cannot_fill_the_memory(tmp_path):
    lines = ["x0: &x0 [a, a, a, a, a, a, a, a, a]"]
    lines += [f"x{i}: &x{i} [{', '.join([f'*x{i - 1}'] * 9)}]" for i in range(1, 9)]
    path = tmp_path / "bomb.yaml"
    path.write_text("\n".join(lines) + "\n" + HEAD + "  - friction: {between: *x8, ad_valorem: 0.1}\n")
    with pytest.raises(kv.ScenarioError, match="aliases"):
        kv.Scenario.read(path)


@pytest.mark.parametrize("text", ["[" * 3000, "{a: " * 3000])
def test_deep_nesting_is_refused(tmp_path, text):
    path = tmp_path / "deep.yaml"
    path.write_text(text)
    with pytest.raises(kv.ScenarioError):
        kv.Scenario.read(path)


@pytest.mark.parametrize(
    "shock",
    [
        "friction: {between: [[KAZ, [RUS]], CHN], ad_valorem: 0.1}",
        "friction: {between: [KAZ, RUS], ad_valorem: 0.1, sectors: 5}",
        "friction: {between: [KAZ, RUS], ad_valorem: x}",
        "leave_bloc: {country: KAZ, bloc: [EAEU]}",
        "leave_bloc: {country: KAZ, bloc: EAEU, partners_surcharge: '10%'}",
        "join_bloc: {country: UZB, bloc: EAEU, pool_share: '0.02'}",
        "friction: {between: [KAZ, RUS], ad_valorem: 0.1, _place: x}",
        "set_tariff: {importer: KAZ, exporter: CHN, rate: [1]}",
    ],
)
def test_wrong_types_in_shocks_are_named_with_their_place(tmp_path, world, shock):
    with pytest.raises(kv.KarvanError, match=r"case\.yaml:8:5"):
        scenario(tmp_path, f"  - {shock}\n").change(world)


@pytest.mark.parametrize(
    "options",
    [{"draws": 0}, {"draws": 2.5}, {"seed": -1}, {"keep": ["welfare"]}, {"keep": "welfare_hat"}, {"parts": ["x"]}],
)
def test_odd_sweeps_are_refused(options):
    base = random_world(3, 4, 2)
    shock = kv.friction(between=[base.countries[0], base.countries[1]], ad_valorem=0.1)
    with pytest.raises(kv.KarvanError):
        kv.sweep(base, [kv.Scenario.of(shock)], **{"draws": 2, **options})
    with pytest.raises(kv.KarvanError):
        kv.sweep(base, [], draws=2)


def test_solving_what_is_no_world_is_refused():
    with pytest.raises(kv.SymbolError, match="expected a World"):
        kv.solve("eurasia-2021")


def test_a_baseline_symbol_in_a_change_is_pointed_to_its_new_value():
    with pytest.raises(kv.SymbolError, match="Did you mean tau_new"):
        kv.Change(tau=0.1)


def test_changes_without_names_are_numbered_in_a_sweep():
    base = random_world(3, 4, 2)
    changes = [kv.Change(A_hat=np.full((4, 2), factor)) for factor in (1.01, 1.02)]
    runs = kv.sweep(base, changes, draws=2)
    assert runs.scenarios == ("change", "change 2")
    assert (runs.sample("welfare_hat", "change 2") > runs.sample("welfare_hat", "change")).all()


def test_a_clipped_world_can_be_reordered_and_rebuilt():
    M = np.array([[[60.0, 5.0], [10.0, 10.0]], [[10.0, 10.0], [60.0, 60.0]]])
    gamma = np.zeros((2, 2, 2))
    gamma[0, 1, 0] = 0.5  # the first country uses more of the second good than it buys
    clipped = kv.World.from_arrays(
        countries=["A", "B"], sectors=["x", "y"], M=M, gamma=gamma, theta=4, negative_demand="clip"
    )
    assert not clipped.in_equilibrium
    turned = clipped.permuted(["B", "A"])
    np.testing.assert_allclose(turned.alpha[::-1], clipped.alpha, rtol=1e-12)
    assert not clipped.rebuilt(year=2020).in_equilibrium
