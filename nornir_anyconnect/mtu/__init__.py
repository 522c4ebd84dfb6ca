"""The MTU arithmetic; pure."""
