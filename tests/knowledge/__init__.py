"""The app's knowledge objects before events: fields, event types, tags and models, by an evaluator of search time."""
