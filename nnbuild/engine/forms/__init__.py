"""The forms, a file each: the ways in which the engine does a stage. `listing` has them all."""
