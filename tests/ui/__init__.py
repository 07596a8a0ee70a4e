"""The pages of the built package in a real browser, before the stand-ins."""
