"""Which item is a reprint of which post, with evidence."""
