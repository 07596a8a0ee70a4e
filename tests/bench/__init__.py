"""How fast the add-on is: what `make bench` measures, the stand-ins it measures between, its slice for make test."""
