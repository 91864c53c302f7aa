"""One small file per source; what they have in common is in `karvan.data.store`."""
