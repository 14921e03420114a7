"""A synthetic city: the same exports real tools would write, so that a month can be run without any real data."""
