"""Public and external debt of a country: where it goes, what it costs, whose it is."""
