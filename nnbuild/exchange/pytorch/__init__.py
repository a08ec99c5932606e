"""PyTorch's source, read and written without PyTorch."""
