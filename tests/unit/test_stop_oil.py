"""Oil that stops in the equilibrium, and factors that cannot move while it does."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from freight import small_world

import karvan as kv
from karvan.core.errors import KarvanError, ScenarioError
from karvan.core.record import describe
from karvan.core.scenario import Scenario
from karvan.network.oil.routes import oil_routes
from karvan.run.sweep import sweep
from karvan.run.verify import verify
from karvan.shocks import close_link, friction, stop_oil

WORLD = kv.load("eurasia-2021")
OIL, KAZ = WORLD.sectors.index("oil_gas"), WORLD.countries.index("KAZ")


def stopped(fixed: float, /, **more: object) -> Scenario:
    specific = {"oil_gas": fixed} if fixed else {}
    return Scenario("stop", (stop_oil(country="KAZ", route="CPC", **more),), specific=specific)


def test_the_change_is_that_of_the_oil_routes() -> None:
    """A_hat is the part of output that is not stranded, d_hat what the rest of the exports earns less."""
    found = Scenario.of(stop_oil(country="KAZ", route="CPC", days=60, share=0.5, price=80)).change(WORLD)
    outage = oil_routes().close("CPC", 60, 0.5, price=80, draws=1)
    effect, usd_t = outage.effect(365), float(outage.central.sale[0])
    exports = 1 - WORLD.M[KAZ, KAZ, OIL] / WORLD.M[:, KAZ, OIL].sum()
    assert found.A_hat[KAZ, OIL] == pytest.approx(1 - (1 - effect["volume_hat"]) * exports)
    abroad = np.arange(len(WORLD.countries)) != KAZ
    assert found.d_hat[abroad, KAZ, OIL] == pytest.approx(1 + effect["cost_usd_t"] / usd_t)
    assert (
        (found.A_hat != 1).sum() == 1 and (found.d_hat != 1).sum() <= abroad.sum() and found.d_hat[KAZ, KAZ, OIL] == 1
    )


def test_wells_that_stay_lose_what_is_stranded() -> None:
    """With nine tenths of value added fixed, output falls by about what was stranded, and the loss is near the direct
    one; without, people leave the oil fields and output falls by several times that."""
    outage = oil_routes().close("CPC", 30, draws=1)
    stranded = 1 - outage.effect(365)["volume_hat"]
    falls, losses = {}, {}
    for share in (0.0, 0.9):
        out = kv.solve(WORLD, stopped(share))
        made = out.values["M_new"][:, KAZ, OIL].sum() / out.values["c_hat"][KAZ, OIL]
        falls[share] = 1 - made / WORLD.M[:, KAZ, OIL].sum()
        losses[share] = -float(out.values["welfare_money"][KAZ])
    exports = 1 - WORLD.M[KAZ, KAZ, OIL] / WORLD.M[:, KAZ, OIL].sum()
    assert 0.7 < falls[0.9] / (stranded * exports) < 1.6
    assert falls[0.0] > 2 * falls[0.9]
    direct = stranded * (WORLD.M[:, KAZ, OIL].sum() - WORLD.M[KAZ, KAZ, OIL])
    assert 0.6 < losses[0.9] / direct < 1.5


def test_longer_and_larger_stops_cost_more() -> None:
    losses = [1 - float(kv.solve(WORLD, stopped(0.9, **more)).values["welfare_hat"][KAZ])
              for more in ({"days": 10}, {"days": 30}, {"days": 90}, {"days": 365})]  # fmt: skip
    assert losses == sorted(losses) and losses[0] > 0
    part = 1 - float(kv.solve(WORLD, stopped(0.9, days=30, share=0.3)).values["welfare_hat"][KAZ])
    assert 0 < part < losses[1]


WRONG = {
    "route": ({"route": "CPX"}, "unknown oil route or country 'CPX'. Did you mean 'CPC'"),
    "share": ({"share": 33}, r"share is 33.0; expected the part of the flow that cannot pass, 0..1"),
    "share as text": ({"share": "x"}, "share: expected a number such as 0.33, got 'x'"),
    "NaN share": ({"share": float("nan")}, "share: expected a number such as 0.33, got nan"),
    "no days": ({"days": 0}, "0 days; expected 1 to 365"),
    "many days": ({"days": 500}, "500 days; expected 1 to 365"),
    "days as text": ({"days": "a month"}, "days: expected a number such as 30, got 'a month'"),
    "price": ({"price": -3}, r"oil price -3.0: expected USD a barrel above 0"),
    "sector": ({"sector": "oil"}, "unknown sector: oil. Did you mean 'oil_gas'"),
    "unknown country": ({"country": "KAX"}, "unknown country: KAX. Did you mean 'KAZ'"),
    "another country": ({"country": "RUS"}, "no oil routes of RUS; those that come with karvan are of KAZ"),
}


@pytest.mark.parametrize("what", WRONG)
def test_wrong_stops_are_refused(what: str) -> None:
    arguments, text = WRONG[what]
    with pytest.raises(KarvanError, match=text):
        Scenario.of(stop_oil(**{"country": "KAZ", "route": "CPC", **arguments})).change(WORLD)


def test_a_world_without_crude_is_told() -> None:
    with pytest.raises(KarvanError, match=r"which sector is crude oil.*none known; say sector"):
        Scenario.of(stop_oil(country="KAZ", route="CPC")).change(small_world())
    with pytest.raises(KarvanError, match="KAZ sells no vehicles abroad in made up"):
        Scenario.of(stop_oil(country="KAZ", route="CPC", sector="vehicles")).change(small_world())


FILE = """schema: 1
name: stop
title: The pipe stops
why: To see.
source: Made up.
world: eurasia-2021
shocks:
  - stop_oil: {country: KAZ, route: CPC, days: {mode: 30, low: 10, high: 60}}
specific: {oil_gas: 0.9}
deficits: fixed
"""


def read(folder: Path, old: str = "", new: str = "") -> Scenario:
    path = folder / "stop.yaml"
    path.write_text(FILE.replace(old, new) if old else FILE, encoding="utf-8")
    return Scenario.read(path)


def test_specific_is_read_kept_and_used(tmp_path: Path) -> None:
    one = read(tmp_path)
    assert dict(one.specific) == {"oil_gas": 0.9} and describe(one)["specific"] == {"oil_gas": 0.9}
    on = one.on(WORLD).specific
    assert (on[:, OIL] == 0.9).all() and (np.delete(on, OIL, axis=1) == np.delete(WORLD.specific, OIL, axis=1)).all()
    assert (kv.solve(WORLD, one).values["welfare_hat"] == kv.solve(WORLD, stopped(0.9)).values["welfare_hat"]).all()
    free = kv.solve(WORLD, stopped(0.0)).values["welfare_hat"][KAZ]
    assert kv.solve(WORLD, one).values["welfare_hat"][KAZ] != pytest.approx(free, rel=1e-5)
    assert "specific" not in describe(Scenario.of(stop_oil(country="KAZ", route="CPC")))


def test_bands_are_computed_with_it(tmp_path: Path) -> None:
    one, draws = read(tmp_path), 3
    found = sweep(WORLD, one, draws=draws, seed=5)
    hats = found.values["welfare_hat"][0, 0]
    for k in range(draws):
        at = one.at({name: law.draw(name, 5, k) for name, law in one.ranges().items()})
        theta = WORLD.params.draw(5, k).get("theta")
        world = WORLD if theta is None else WORLD.with_theta(theta)
        assert hats[k, KAZ] == pytest.approx(float(kv.solve(world, at).values["welfare_hat"][KAZ]), abs=1e-7)


@pytest.mark.parametrize(
    ("new", "text"),
    [
        ("{oil_gaz: 0.9}", "no sector 'oil_gaz'. Did you mean 'oil_gas'"),
        ("{oil_gas: 1.5}", "1.5"),
        ("{oil_gas: -0.1}", "-0.1"),
        ("{oil_gas: true}", "oil_gas"),
        ("{oil_gas: much}", "valid number"),
        ("{oil_gas: .nan}", "nan"),
        ("0.9", "specific"),
        ("[oil_gas]", "specific"),
    ],
)
def test_wrong_parts_are_refused(tmp_path: Path, new: str, text: str) -> None:
    with pytest.raises(ScenarioError) as told:
        kv.solve(WORLD, read(tmp_path, "{oil_gas: 0.9}", new))
    assert text in str(told.value) and "specific" in str(told.value)


def test_two_scenarios_that_differ_are_not_joined(tmp_path: Path) -> None:
    one = read(tmp_path)
    with pytest.raises(ScenarioError, match="stop and stop fix different parts of oil_gas"):
        one | stopped(0.5)
    both = one | Scenario("metals", (friction(between=["KAZ", "RUS"], ad_valorem=0.1),), specific={"metals": 0.2})
    assert dict(both.specific) == {"oil_gas": 0.9, "metals": 0.2}
    assert dict((one | close_link(link="AKT-ALY", days=30)).specific) == {"oil_gas": 0.9}


def test_a_record_keeps_it(karvan, tmp_path: Path) -> None:
    assert karvan("run", "kz-cpc-30", "--out", str(tmp_path))[0] == 0
    assert {row["verdict"] for row in verify(tmp_path / "kz-cpc-30.record.json").to_dicts()} == {"same"}
