"""The ASA's language: text in, typed values out; no I/O."""
