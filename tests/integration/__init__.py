"""The real script between the emulator and the stand-in: what was sent is held against what was indexed."""
