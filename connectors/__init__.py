"""The outside world: sources of mail and calendar metadata, read into observations."""
