"""The trade equilibrium in changes: kernel (arrays) and face (labels)."""
