"""Networks from and for other programs: ONNX files."""
