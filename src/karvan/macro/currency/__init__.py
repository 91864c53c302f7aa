"""How much of a neighbour's currency move reaches ours: how fast, in the tail, by period, and in a stress."""

from karvan.macro.currency.face import Currency, currency
from karvan.macro.currency.stress import CurrencyStress

__all__ = ["Currency", "CurrencyStress", "currency"]
