"""Logs of the client: DART, macOS, Event Viewer, OpenConnect."""
