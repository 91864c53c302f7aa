"""Re-exports through a hub: what a hub bought beyond what it would have bought, and what it sold on."""
