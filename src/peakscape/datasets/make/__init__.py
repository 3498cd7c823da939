"""Scripts that make the shipped data."""
