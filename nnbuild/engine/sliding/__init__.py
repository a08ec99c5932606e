"""What the forms that slide windows over images share: sizes and weights, strips of rows, tiles, phases."""
