"""Readers of powder patterns: one file a format, each with `SUFFIXES`, `sniff` and `read`."""
