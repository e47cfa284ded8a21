"""What an analyst opens: one DuckDB file with core, benchmark and meta, and the same tables as Parquet."""
