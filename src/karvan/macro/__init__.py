"""Money of a country over years: the oil fund, the debt and the currency."""
