"""Arithmetic of curves, on arrays alone: each formula that several rooms need stands here once."""
