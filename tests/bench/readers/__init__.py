"""The contenders that are not ours: the least that a reader must do, and the input as the textbooks write it."""
