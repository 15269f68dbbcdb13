"""Makes a fresh machine ready for the project's two commands. Standard library only: it runs before anything is installed."""
