"""`karvan fund`: every question answered as text and as JSON, nothing that is given is ignored."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest

Command = Callable[..., tuple[int, str, str]]
FEW = ("--draws", "100")


@pytest.mark.parametrize(
    ("words", "keys", "says"),
    [
        (FEW, {"summary", "balance", "flows", "empty", "sustainable", "fit", "definitions"}, "empty by 2045"),
        (("--rule", "capped", "--price", "60", *FEW), {"summary", "balance"}, "at most 30% of it"),
        (("--outage", "0.4,0.1", "--years", "5", *FEW), {"summary"}, "empty by 2030"),
        (("--claim", *FEW), {"claim"}, "63.9 / 11.0 bn USD"),
        (("--rules", *FEW, "--figure", "cutoff_price=50"), {"rules"}, "permanent-income"),
        (("--sensitivity", "--years", "5"), {"sensitivity"}, "oil price"),
        (("--horizon",), {"answer", "left", "ahead"}, "not supported by stated reserves"),
        (("--backtest", *FEW), {"balance", "fit", "held_out", "receipts", "prices"}, "inside 5-95 %: 0 of 10"),
        (("--backtest", "--country", "NOR", "--fitted-to", "2018", *FEW), {"balance", "prices"}, "of 5"),
        (("--country", "RUS", "--oil", "ou", "--method", "block", *FEW), {"summary"}, "reverts to 56 USD/bbl"),
    ],
)
def test_every_question_is_answered(karvan: Command, words: tuple[str, ...], keys: set[str], says: str) -> None:
    code, out, err = karvan("fund", *words)
    assert code == 0, err
    assert says in out
    code, out, err = karvan("fund", *words, "--json")
    assert code == 0, err
    assert keys <= set(json.loads(out))


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("--claim", "--horizon"), "one question at a time, not --claim and --horizon"),
        (("--claim", "--rule", "capped"), "karvan fund --claim does not use --rule; it takes"),
        (("--horizon", "--price", "60"), "does not use --price"),
        (("--fitted-to", "2012"), "karvan fund does not use --fitted-to"),
        (("--price", "sixty"), "--price is 'sixty'; give a number, or one per year"),
        (("--price", "60,70"), "one price per year"),
        (("--figure", "floor"), "--figure is 'floor'; write it as cutoff_price=45"),
        (("--country", "KZA"), "Did you mean 'KAZ'"),
        (("--sensitivity", "--country", "NOR"), "needs receipts, production"),
        (("--backtest", "--fitted-to", "2004"), "balance_fx of KAZ is known 2005-2025"),
        (("--data", "nowhere"), "no history.csv there"),
    ],
)
def test_what_cannot_be_answered_is_said(karvan: Command, words: tuple[str, ...], says: str) -> None:
    code, out, err = karvan("fund", *words)
    assert code == 1 and says in err and not out
