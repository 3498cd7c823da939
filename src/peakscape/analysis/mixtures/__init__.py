"""What a sample consists of: shares of known parts with intervals, other explanations, and what is left over."""
