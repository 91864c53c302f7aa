"""Cases: from a question to everything its brief needs."""

from karvan.cases.case import brief, find, names, read

__all__ = ["brief", "find", "names", "read"]
