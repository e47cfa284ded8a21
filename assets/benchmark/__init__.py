"""The metrics: each file of sql/benchmark and sql/rapport as one table, run by DuckDB over core."""
