"""What the public, the units and the analysts see."""
