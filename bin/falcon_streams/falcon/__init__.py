"""Falcon's side: OAuth2, the Event Streams service collection, the feeds. The only room that imports requests."""
