"""Makes a fresh machine ready for the two commands. Standard library only: it runs before anything is installed."""
