"""Occurrences, decisions and people -> interactions: what counts, and for whom."""
