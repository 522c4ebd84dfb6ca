"""Finding -> typed commands and their inverse, predicted before anything is sent."""
