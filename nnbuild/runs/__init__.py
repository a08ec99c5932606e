"""Running a network: what goes in, and how it is run in batches."""
