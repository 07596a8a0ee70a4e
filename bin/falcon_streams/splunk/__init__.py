"""splunkd's side: the modular input contract, settings, secrets, the event writer, checkpoints, log lines."""
