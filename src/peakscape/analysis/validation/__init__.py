"""How well labels are read: samples left out, intervals, the plain methods beside a map, and which to trust."""
