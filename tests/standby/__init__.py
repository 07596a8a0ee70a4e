"""Two forwarders with one input, the KV store they share, and what happens when one of them is lost."""
