"""Shocks: functions from a World to a Change, one per key of the scenario files."""

from karvan.shocks.bloc import join_bloc, leave_bloc
from karvan.shocks.corridor import (
    border_delay,
    capacity,
    close_link,
    close_transit,
    fee,
    network_year,
    open_link,
)
from karvan.shocks.friction import embargo, friction
from karvan.shocks.oil import stop_oil
from karvan.shocks.tariff import set_tariff

__all__ = [
    "border_delay",
    "capacity",
    "close_link",
    "close_transit",
    "embargo",
    "fee",
    "friction",
    "join_bloc",
    "leave_bloc",
    "network_year",
    "open_link",
    "set_tariff",
    "stop_oil",
]
