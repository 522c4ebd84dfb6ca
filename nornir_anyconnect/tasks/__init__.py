"""Nornir tasks: thin verbs over the other rooms; the façade names them all."""
