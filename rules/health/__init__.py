"""How each relationship develops against its own past."""
