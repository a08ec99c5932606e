"""Times of a network, and of other programs on the same one."""
