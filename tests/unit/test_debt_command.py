"""`karvan debt` as a reader of tables, or of JSON, meets it."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest

Karvan = Callable[..., tuple[int, str, str]]


def test_the_fan(karvan: Karvan) -> None:
    code, out, _ = karvan("debt", "--draws", "200", "--years", "5")
    assert code == 0
    assert "KAZ: debt, % of GDP, from 23.4 % at the end of 2023; 200 draws" in out
    assert "debt above its start" in out
    assert "draws: oil price" in out


@pytest.mark.parametrize(
    ("words", "keys"),
    [
        (("--draws", "100"), {"debt", "rising", "notes"}),
        (("interest", "--draws", "100"), {"interest", "notes"}),
        (("stress", "--draws", "100", "--country", "NOR"), {"stress", "sizes", "notes"}),
        (("balance", "--draws", "100", "--target", "0.2"), {"balance", "notes"}),
        (("history",), {"history"}),
        (("owes",), {"owes"}),
        (("claims",), {"claims"}),
        (("backtest", "--draws", "100", "--origin", "2013"), {"backtest"}),
    ],
)
def test_json_of_every_action(karvan: Karvan, words: tuple[str, ...], keys: set[str]) -> None:
    code, out, _ = karvan("debt", *words, "--json")
    assert code == 0
    found = json.loads(out)
    assert set(found) == keys
    assert all(found[key] for key in keys)


def test_claims_say_what_the_figure_is(karvan: Karvan) -> None:
    _, out, _ = karvan("debt", "claims")
    assert "state debt, home and abroad 47.7 (2021-12)" in out
    assert out.count("partly") == 3 and out.count("supported") == 1


def test_what_if_moves_the_fan(karvan: Karvan) -> None:
    ends = []
    for words in ((), ("--growth", "-0.02"), ("--adjustment", "0")):
        _, out, _ = karvan("debt", "--draws", "200", "--json", *words)
        ends.append(json.loads(out)["debt"][-1]["median"])
    assert ends[1] > ends[0] > 0 and ends[2] != ends[0]


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("clams",), "Did you mean 'claims'"),
        (("owes", "--growth", "0.01"), "karvan debt owes does not use --growth; it takes --on"),
        (("history", "--draws", "100"), "it takes no option but --country and --data"),
        (("owes", "--on", "yesterday"), "write it as 2023-01-01"),
        (("--country", "KZA"), "Did you mean 'KAZ'"),
        (("--draws", "10"), "need 100"),
        (("--growth", "3"), "0.01 for one point"),
        (("claims", "--country", "NOR"), "no claims; add debt_claims.csv"),
        (("--target", "0.2"), "does not use --target"),
    ],
)
def test_wrong_input(karvan: Karvan, words: tuple[str, ...], says: str) -> None:
    code, out, err = karvan("debt", *words)
    assert code == 1
    assert says in err
    assert not out
