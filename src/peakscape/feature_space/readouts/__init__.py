"""How a feature space predicts: numbers, classes, parts of mixtures, and what is foreign; each with its left-out errors."""
