"""Findings -> plan -> transaction."""
