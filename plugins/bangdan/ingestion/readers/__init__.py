"""A file of any kind as a table of text columns."""
