"""The workshop: what builds, runs, and shows the add-on. Standard library only; nothing here ships."""
