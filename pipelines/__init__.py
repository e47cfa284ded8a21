"""How it runs: Dagster definitions, settings, the command line, and a replica of CBS to run against."""
