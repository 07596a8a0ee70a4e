"""Splunk's configuration files: their text, and how their layers add up to one answer."""
