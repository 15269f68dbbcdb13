"""The one exception of the sandbox: its text is what the user reads."""


class SandboxError(Exception):
    """Something the user can mend; the message names the option and the mend."""
