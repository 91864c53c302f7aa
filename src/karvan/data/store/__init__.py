"""Files of their owners: fetched once, checked, kept under their hash with licence and citation."""

from karvan.data.store.obtain import get, kept, obtain, read
from karvan.data.store.request import SECRET, Request
from karvan.data.store.source import Source, source, sources

__all__ = ["SECRET", "Request", "Source", "get", "kept", "obtain", "read", "source", "sources"]
