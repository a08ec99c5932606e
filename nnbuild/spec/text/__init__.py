"""YAML text becomes a tree of nodes that know their place in the file."""
