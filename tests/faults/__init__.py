"""Every fault by name: one readable scenario a row, by the real script between emulator and stand-in."""
