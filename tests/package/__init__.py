"""The built package: what is in it, that everything in it can be imported, and what Splunk's own tools say of it."""
