"""The source: CBS's tables, how they are asked for, and the raw vintages made of them."""
