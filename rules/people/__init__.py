"""Addresses -> persons: who is who, who is the owner, and who belongs to which circle."""
