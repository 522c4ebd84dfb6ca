"""What a SIEM, a log viewer or grep wraps around a message of an ASA: one small file per family, found by itself.

A form that nobody foresaw is read as well where the ASA's line stands whole in it; a file of its own gives it a name,
and tells which field holds what where several could.
"""
