"""splunkd's REST side over TLS, as far as an add-on and the official SDK use it."""
