"""splunkweb: the pages of the apps, their static files, and the proxy through which pages ask splunkd."""
