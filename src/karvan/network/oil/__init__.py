"""Kazakhstan's oil export system: who ships where, what a stop costs, and what wider pipes are worth."""

from karvan.network.oil.flows import OilFlows
from karvan.network.oil.outage import OilOutage
from karvan.network.oil.routes import OilRoutes, oil_routes

__all__ = ["OilFlows", "OilOutage", "OilRoutes", "oil_routes"]
