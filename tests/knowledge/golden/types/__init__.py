"""What is expected of each type of event, a module for each."""
