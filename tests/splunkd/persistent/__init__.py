"""Persistent REST scripts: the endpoints that apps bring by restmap.conf, each answered by a process of its own."""
