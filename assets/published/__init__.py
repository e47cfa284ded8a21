"""What an analyst opens: one DuckDB file (core, benchmark, rapport, vraag, meta), and the first three as Parquet."""
