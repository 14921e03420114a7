"""Tables and lines that commands print for a person, on standard output: one module a group of commands."""
