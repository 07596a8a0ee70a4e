"""The pure room: no clock, thread, socket, file or logger. It may import only `errors` and the standard library."""
