"""Every reader of bytes from outside, under bytes that nobody would send: no crash, well-formed output, linear time."""
