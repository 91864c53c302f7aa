"""Estimates from tidy data: gravity, mirror statistics, re-exports."""
