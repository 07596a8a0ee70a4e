"""From the bytes an input writes on stdout to rows in the index."""
