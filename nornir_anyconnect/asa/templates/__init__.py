"""TTP templates, one per place (``asa/places.py``): what the lines there mean. Packaged data."""
