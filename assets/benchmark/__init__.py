"""The metrics: each file of sql/benchmark as one table, run by DuckDB over core."""
