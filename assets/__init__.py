"""What exists: the source (`cbs`), the layers `core`, `benchmark` and `published`, and the lake they live in."""
