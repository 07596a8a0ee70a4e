"""Taking over from the vendor's add-on: its libraries write, and ours reads and goes on."""
