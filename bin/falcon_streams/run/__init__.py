"""What lives only while an input runs."""
