"""Small working fakes of the ports, each with a test of its own: they keep the promises, and fail on wrong use."""
