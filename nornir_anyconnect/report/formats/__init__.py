"""One module per format, called like it: ``FORMAT`` in it says what it can draw. A new file here is a new format."""
