"""What events mean: the data in `knowledge/`, compiled into Splunk's conf files and lookups."""
