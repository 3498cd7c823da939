"""Labels read from the place of a spectrum on a map, by readouts that one registry lists."""
