"""The safe evaluator: expressions and forward programs, parsed, checked and walked. It knows neither YAML nor files."""
