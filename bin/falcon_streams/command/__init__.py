"""The command line of an admin: the same endpoints as the pages, as the admin who logs in."""
