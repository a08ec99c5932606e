"""Nodes become values, blocks and modules."""
