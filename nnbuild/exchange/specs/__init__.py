"""A network as a spec: its graph read back into YAML, a block for each kind of module and a program for its forward.

traces ─program─▶ a forward a module ─blocks─▶ kinds of modules, each once ─document─▶ YAML, and the weights' keys
"""
