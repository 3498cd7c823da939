"""Which peaks a label is read from: its change when they are masked, the plain ways, and which ranking to believe."""
