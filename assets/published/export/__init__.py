"""Other forms of the published file, made from that file alone."""
