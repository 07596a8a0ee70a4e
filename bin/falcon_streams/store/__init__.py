"""Where offsets live: checkpoint files, and the KV store with its claims and records."""
