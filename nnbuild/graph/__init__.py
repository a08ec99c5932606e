"""Tracing a model into a Graph, and what can be read off it."""

from nnbuild.graph.graph import Call, Graph, Node, Value
from nnbuild.graph.trace import trace

__all__ = ["Call", "Graph", "Node", "Value", "trace"]
