"""How sure a rank is: intervals and tiers by resampling."""
