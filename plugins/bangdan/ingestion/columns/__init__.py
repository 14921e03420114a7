"""Text columns as the typed columns of the raw layer."""
