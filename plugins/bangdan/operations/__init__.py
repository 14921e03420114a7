"""What people ask of the data: status, completeness, review lists, explanations, health."""
