"""The campaign against the package: `make attack`. Seeded, goes on where it stopped, counts what it met."""
