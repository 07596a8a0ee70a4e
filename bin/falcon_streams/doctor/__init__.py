"""The doctor: checks in order, from Python to the events in the index, each with a sentence that says what to do."""
