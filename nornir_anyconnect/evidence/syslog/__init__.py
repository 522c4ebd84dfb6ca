"""Syslog of an ASA: text -> messages -> events."""
