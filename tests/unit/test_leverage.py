"""Who can stop a country's trade: each closing is the full equilibrium, ranked."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from freight import MARKETS, crossroads, economy, small_world

from karvan import Change, solve
from karvan.core.errors import InfeasibleError, LabelError, ScenarioError
from karvan.core.scenario import Scenario
from karvan.network.closings import YEARLY
from karvan.network.edits import Edit
from karvan.network.routes import Corridors
from karvan.run.freight import solve_with_freight
from karvan.run.leverage import Leverage, Stopped, leverage
from karvan.shocks import close_link, close_transit
from karvan.shocks.corridor import corridor_shock

WORLD = small_world()


@pytest.fixture(scope="module")
def routes(tmp_path_factory: pytest.TempPathFactory) -> Corridors:
    return crossroads(tmp_path_factory.mktemp("network"))


@pytest.fixture(scope="module")
def found(routes: Corridors) -> Leverage:
    return leverage(WORLD, "KAZ", routes=routes)


def one(found: Leverage, name: str, days: int) -> Stopped:
    return next(s for s in found.found if (s.name, s.days) == (name, days))


@pytest.mark.parametrize(("link", "days"), [("A-M rail", 30), ("A-N rail", 90), ("C-A rail", 365)])
def test_a_link_costs_what_its_closing_costs(routes: Corridors, found: Leverage, link: str, days: int) -> None:
    settled = solve_with_freight(WORLD, close_link(link=link, days=days), before=routes).outcome.values
    stopped = one(found, link, days)
    assert stopped.loss == pytest.approx(-settled["welfare_money"][0], abs=1e-6)
    assert stopped.share == pytest.approx(1 - settled["welfare_hat"][0], abs=1e-10) and stopped.loss > 0


def test_a_transit_country_costs_what_its_ban_costs(routes: Corridors, found: Leverage) -> None:
    shut = close_transit(country="UZB", of="KAZ", days=90)
    settled = solve_with_freight(WORLD, shut, before=routes).outcome.values
    stopped = one(found, "transit through UZB", 90)
    assert stopped.loss == pytest.approx(-settled["welfare_money"][0], abs=1e-6)
    assert stopped.kind == "transit" and stopped.countries == ("UZB",)


def test_transit_touches_only_own_goods(routes: Corridors) -> None:
    """A ban on everybody's goods through KGZ hurts China; the ban on Kazakhstan's own leaves China's way alone."""
    own = routes.close_transit("KGZ", of="KAZ").cost_matrix("general", WORLD.countries).cost[..., 0]
    free = routes.cost_matrix("general", WORLD.countries).cost[..., 0]
    others = [1, 2, 3]
    assert (own[np.ix_(others, others)] == free[np.ix_(others, others)]).all() and own[0, 1] > free[0, 1]
    all_goods = solve(WORLD, corridor_shock(WORLD, routes.close_transit("KGZ", days=90), routes))
    mine = one(leverage(WORLD, "KAZ", routes=routes, days=[90]), "transit through KGZ", 90)
    assert mine.loss != pytest.approx(-all_goods.values["welfare_money"][0], rel=1e-3)


def test_it_is_ranked_and_longer_costs_more(found: Leverage) -> None:
    losses = [stopped.loss for stopped in found.found]
    assert losses == sorted(losses, reverse=True) and {s.days for s in found.found} == {30, 90, 365}
    for name in {s.name for s in found.found}:
        by_days = [one(found, name, days).loss for days in (30, 90, 365)]
        assert by_days == sorted(by_days)
    assert all(0 <= s.touched <= 1 and 0 <= s.waits <= 1 + 1e-12 and s.dearer >= 0 for s in found.found)


def test_who_is_at_the_ends_and_where_goods_go(found: Leverage) -> None:
    shut = one(found, "A-M rail", 365)
    assert shut.countries == ("KAZ", "KGZ") and shut.kind == "link" and "A-N rail" in shut.detour
    banned = {s.name for s in found.found if s.kind == "transit"}
    assert {"transit through KGZ", "transit through UZB"} <= banned
    assert "transit through KAZ" not in {s.name for s in found.found}
    rows = found.table("link", 365).to_dicts()
    assert rows and {row["days"] for row in rows} == {365} and all(not row["closed"].startswith("tran") for row in rows)
    assert len(found.table().rows) == len(found.found)


def test_pairs_without_a_route_are_named(routes: Corridors) -> None:
    (shut,) = leverage(WORLD, "KAZ", routes=routes, days=[365], links=["C"], transit=False).found
    assert shut.cut == ("CHN",) and shut.countries == ("CHN", "KAZ", "KGZ")
    (waits,) = leverage(WORLD, "KAZ", routes=routes, days=[30], links=["C"], transit=False).found
    assert waits.cut == () and waits.waits > 0.9 and 0 < waits.loss < shut.loss


def test_named_links_alone(routes: Corridors) -> None:
    for links in ("KAZ-KGZ", ["A-M"], ("A-M rail",)):
        (only,) = leverage(WORLD, "KAZ", routes=routes, days=[30], links=links, transit=False).found
        assert only.countries == ("KAZ", "KGZ") and only.loss > 0
    assert leverage(WORLD, "KAZ", routes=routes, days=[30], links=[], transit=False).found == ()


def test_what_does_not_touch_the_country_costs_it_little(routes: Corridors) -> None:
    (far,) = leverage(WORLD, "KAZ", routes=routes, days=[30], links=["C-M"], transit=False).found
    (near,) = leverage(WORLD, "KAZ", routes=routes, days=[30], links=["A-M"], transit=False).found
    assert abs(far.loss) < near.loss and far.touched < near.touched


@pytest.mark.parametrize("days", [[0], [366], [-1], [True], ["30"], [float("nan")], [30, 400], []])
def test_wrong_days_are_refused(routes: Corridors, days: list) -> None:
    with pytest.raises(ScenarioError, match=r"days .*: expected 1 to 365"):
        leverage(WORLD, "KAZ", routes=routes, days=days)


def test_what_is_unknown_is_told(routes: Corridors, tmp_path: Path) -> None:
    with pytest.raises(LabelError, match="unknown link, place or corridor 'A-MM'"):
        leverage(WORLD, "KAZ", routes=routes, links=["A-MM"])
    with pytest.raises(LabelError, match=r"unknown country: KAX. Did you mean 'KAZ'"):
        leverage(WORLD, "KAX", routes=routes)
    with pytest.raises(ScenarioError, match="leverage closes one thing at a time"):
        leverage(WORLD, "KAZ", routes=routes.close("A-M", days=30))
    without = crossroads(tmp_path, economies=[economy(*pair) for pair in MARKETS if pair[0] != "KAZ"])
    with pytest.raises(LabelError, match="no place where KAZ trades"):
        leverage(WORLD, "KAZ", routes=without)


def test_a_country_whose_trade_is_not_on_the_network(tmp_path: Path) -> None:
    """All across an ocean: nothing can be closed."""
    far = [{**economy(country, place), "reach": "ocean"} for country, place in MARKETS]
    with pytest.raises(InfeasibleError, match="KAZ has no trade that goes by this network"):
        leverage(WORLD, "KAZ", routes=crossroads(tmp_path, economies=far))


def test_edits_and_scenarios_say_the_same(routes: Corridors) -> None:
    edit = Edit.of("close", name="A-M", days=YEARLY)
    assert dict(edit.arguments) == {"name": "A-M", "days": 365} and edit.verb == "close"
    assert Scenario.of(close_link(link="A-M")).shocks[0].part(WORLD).edit == edit
    assert isinstance(corridor_shock(WORLD, routes.close("A-M"), routes), Change)
