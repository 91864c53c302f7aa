"""`python -m karvan.cli`."""

from karvan.cli import main

main()
