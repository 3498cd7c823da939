"""Readers of absorption scans: one file a format, each with `SUFFIXES`, `sniff` and `read`."""
