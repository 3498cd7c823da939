"""The benchmark suite: `make bench` runs it (see run.py); its results stand in results.json and docs/performance.md."""
