"""Pages, bulletin and feed of a release."""
