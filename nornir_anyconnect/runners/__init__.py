"""Nornir runners: waves for changes, Dask for very large audits.

Nornir imports every installed plugin when it starts, so nothing heavy is imported here.
"""

from nornir_anyconnect.runners.dask import DaskRunner
from nornir_anyconnect.runners.waves import WavesRunner

__all__ = ["DaskRunner", "WavesRunner"]
