"""Re-exports through a hub: what a hub bought beyond what it would have bought, and what it sold on."""

from karvan.estimate.reexports.panel import Panel, panel
from karvan.estimate.reexports.products import by_product, by_product_and_partner
from karvan.estimate.reexports.totals import by_hub

__all__ = ["Panel", "by_hub", "by_product", "by_product_and_partner", "panel"]
