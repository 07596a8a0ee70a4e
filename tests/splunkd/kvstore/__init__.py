"""The KV store of the stand-in: documents by key, who may touch them, and the REST endpoints in front."""
