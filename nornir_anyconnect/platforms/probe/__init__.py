"""What a head-end answers to somebody who does not log in: built here, sent here, read here."""
