"""The state machines against models of Falcon, on time that is only a number."""
