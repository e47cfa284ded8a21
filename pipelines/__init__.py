"""How it runs: Dagster definitions, settings, the command line, and a replica of CBS to run against."""

from assets.geheugen import let_polars_give_back_memory

# Here, since polars is loaded by what any program of ours imports next.
let_polars_give_back_memory()
