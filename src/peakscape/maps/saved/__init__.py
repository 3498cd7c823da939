"""Saved maps: a folder without code, opened the same wherever it is."""
