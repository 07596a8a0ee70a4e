"""Scenes that a Splunk has to play: here the stand-in, and by `make real-splunk` a real one in a container."""
