"""Configuration + arithmetic + evidence -> findings; pure."""
