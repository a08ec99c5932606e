"""Rewrites: the nodes of a graph as stages, each a node with what is folded into it."""
