"""Tidy tables: frames of any kind, and DuckDB over Parquet for those that are large."""
