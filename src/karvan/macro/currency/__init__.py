"""How much of a neighbour's currency move reaches ours."""
