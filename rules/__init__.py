"""Meaning: pure functions from observations to labels, people, interactions and health."""
