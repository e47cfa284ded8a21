"""What an analyst opens: one DuckDB file with core, benchmark, rapport, vraag and meta, and its tables as Parquet."""
