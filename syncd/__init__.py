"""syncd sees relationships slide toward purely transactional contact, from metadata alone."""

__version__ = "0.1.0"
