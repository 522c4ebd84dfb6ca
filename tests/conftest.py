"""What holds for every test."""

from hypothesis import settings

# a slow machine is no failure: performance is measured in benchmarks/, beside a peer
settings.register_profile("unhurried", deadline=None)
settings.load_profile("unhurried")
