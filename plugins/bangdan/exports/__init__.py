"""Bytes of any export → canonical rows."""
