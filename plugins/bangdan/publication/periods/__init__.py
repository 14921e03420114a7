"""Quarters and years: what the newest releases of their months add up to."""
