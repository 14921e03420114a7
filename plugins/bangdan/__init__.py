"""Bangdan (榜单): from raw channel exports to a city's monthly ranking of government new media."""

__version__ = "0.2.0"
