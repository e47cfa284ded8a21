"""The replica: a program that answers like CBS over HTTP on loopback, serving a reconstructed world."""
