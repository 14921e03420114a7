"""What changed between two months, or between two releases of a month."""
