"""The bench of simulated experiments: how the feature space answers where the truth is known (docs/bench.md)."""
