"""From export files to the typed raw layer."""
