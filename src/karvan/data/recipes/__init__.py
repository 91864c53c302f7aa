"""Recipes: from source files to an embedded world."""
