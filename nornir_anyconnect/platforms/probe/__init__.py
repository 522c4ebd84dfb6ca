"""What a head-end answers to somebody who does not log in: built here, sent here, read here."""

from nornir_anyconnect.platforms.probe.path import Offer, Patience, probe_head_end

__all__ = ["Offer", "Patience", "probe_head_end"]
