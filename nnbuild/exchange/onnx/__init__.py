"""ONNX files, in and out.

    net.onnx ─file, tensors─▶ protobuf, weights left where they are ─graph─▶ nodes ─layers, places─▶ tree of modules

`table` holds the operators that one op of nnbuild's is, for both ways; `nodes/` says of the others how they are written
in ops; `reading` makes a network of a file. No number is computed here: everything calls `nnbuild.ops`.
"""
