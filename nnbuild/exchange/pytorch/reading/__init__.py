"""Reading PyTorch source: a file is parsed and walked, never executed and never imported.

model.py:Net ─entry─▶ the class in `files` ─spec/language walks it─▶ modules
"""
