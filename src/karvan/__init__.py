"""karvan: an open strategy lab for a trading nation.

The public names; each is imported when first used.
"""

from importlib import import_module
from typing import Any

from karvan._version import __version__

_HOME = {
    "Backtest": "backtests.result",
    "Bloc": "core.bloc",
    "Block": "core.source",
    "Change": "core.change",
    "ConflictError": "core.errors",
    "ConvergenceError": "core.errors",
    "Corridors": "network.routes",
    "Currency": "macro.currency",
    "CurrencyStress": "macro.currency",
    "Debt": "macro.debt",
    "Decomposition": "core.decomposition",
    "Estimate": "core.estimates",
    "Fund": "macro.fund_result",
    "FundBacktest": "macro.fund_backtest",
    "GravityFit": "estimate.gravity",
    "IdentityError": "core.errors",
    "InfeasibleError": "core.errors",
    "KarvanError": "core.errors",
    "KarvanWarning": "core.errors",
    "LabelError": "core.errors",
    "Normal": "core.params",
    "OilFlows": "network.oil",
    "OilHorizon": "macro.horizon",
    "OilOutage": "network.oil",
    "OilRoutes": "network.oil",
    "Outcome": "core.outcome",
    "Params": "core.params",
    "Paths": "macro.paths",
    "Range": "core.params",
    "Reconciliation": "estimate.mirror",
    "Reexports": "data.reexports",
    "Scenario": "core.scenario",
    "ScenarioError": "core.errors",
    "SourceError": "core.errors",
    "SymbolError": "core.errors",
    "Table": "core.table",
    "ValueAddedExports": "models.trade.value_added",
    "World": "core.world",
    "aggregate": "core.aggregate",
    "backtest": "backtests",
    "best_response": "models.trade.tariffs",
    "border_cost": "network.border_cost",
    "border_delay": "shocks",
    "break_even": "run.break_even",
    "brief": "cases",
    "capacity": "shocks",
    "carry": "run.money",
    "check_figure": "data.evidence_mirror",
    "close_link": "shocks",
    "close_transit": "shocks",
    "corridor_shock": "shocks.corridor",
    "corridors": "network.routes",
    "currency": "macro.currency",
    "debt": "macro.debt",
    "decompose": "models.trade.decomposition",
    "embargo": "shocks",
    "fee": "shocks",
    "forecast": "models.trade.sensitivity",
    "friction": "shocks",
    "friends": "models.trade.sensitivity",
    "fund": "macro.fund",
    "fund_backtest": "macro.fund_backtest",
    "fund_claim": "macro.claim",
    "fund_definitions": "macro.compare",
    "fund_rules": "macro.compare",
    "fund_sensitivity": "macro.sensitivity",
    "gradient": "models.trade.sensitivity",
    "gravity": "estimate.gravity",
    "holdup": "models.trade.sensitivity",
    "join_bloc": "shocks",
    "leave_bloc": "shocks",
    "leverage": "run.leverage",
    "load": "data",
    "macro_paths": "macro.paths",
    "mirror": "data.evidence_mirror",
    "nash_tariffs": "models.trade.tariffs",
    "network_year": "shocks",
    "oil_horizon": "macro.horizon",
    "oil_routes": "network.oil",
    "open_link": "shocks",
    "partner_results": "models.trade.sectors",
    "price_scores": "macro.fund_backtest",
    "reconcile": "estimate.mirror",
    "reexports": "data.reexports",
    "replicate": "replication",
    "sector_results": "models.trade.sectors",
    "set_tariff": "shocks",
    "solve": "models.trade.face",
    "solve_with_freight": "run.freight",
    "stop_oil": "shocks",
    "sweep": "run",
    "symbols": "core.symbols",
    "tariff_equivalent": "core.border",
    "value_added_exports": "models.trade.value_added",
    "widen": "run.freight",
}

__all__ = ["__version__", *sorted(_HOME)]


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"karvan has no {name!r}; public names: {', '.join(__all__)}")
    value = getattr(import_module(f"karvan.{_HOME[name]}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return __all__
