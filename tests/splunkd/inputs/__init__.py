"""Modular inputs: their schemes, the three invocations of their scripts, and the life of each enabled stanza."""
