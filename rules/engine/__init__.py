"""Rules themselves: read, checked, asked all at once, and added up. What they are about stands in the packs."""
