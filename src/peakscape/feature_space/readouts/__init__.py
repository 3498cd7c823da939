"""How a feature space predicts: numbers, classes, parts of mixtures, and what is foreign."""
