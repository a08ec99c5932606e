"""Reading PyTorch source."""
