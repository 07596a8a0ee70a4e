"""The endpoints behind the pages, in a process of their own."""
