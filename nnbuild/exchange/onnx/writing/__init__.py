"""Writing: a traced graph becomes an ONNX file.

graphs of several batches ─sizes─▶ sizes as numbers or in terms of the inputs' axes ─emitters─▶ nodes ─model─▶ file
"""
