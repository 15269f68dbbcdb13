"""The one exception that ends the set-up."""


class SetupError(Exception):
    """What is wrong, and what to do about it, in words for the person at the terminal."""
