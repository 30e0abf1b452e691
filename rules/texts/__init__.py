"""What one text says by itself: a name, an address, a subject, a folder's name, a place, a link."""
