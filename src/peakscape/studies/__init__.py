"""Whole studies: public calls in a row, from structures to a report."""
