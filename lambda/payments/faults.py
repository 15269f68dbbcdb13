"""What an error of the database means for a client: come back later, or our own mistake."""

from __future__ import annotations

import ssl

import pg8000.native

from .problems import LATER, SOON, Unavailable

# SQLSTATE codes: https://www.postgresql.org/docs/current/errcodes-appendix.html
READ_ONLY = "25006"
REFUSED_LOGINS = frozenset({"28P01", "28000"})
NO_TABLE = "42P01"
NO_COLUMN = "42703"
NO_DATABASE = "3D000"
# Connection exceptions, rollbacks, resources, locks, an operator's or a time-out's doing, the system's own errors.
PASSING = ("08", "40", "53", "55", "57", "58")


def sql_state(error: BaseException) -> str:
    """The five characters of a server's error, or ""."""
    message = error.args[0] if isinstance(error, pg8000.native.DatabaseError) and error.args else None
    return str(message.get("C", "")) if isinstance(message, dict) else ""


def forget_values(error: BaseException) -> None:
    """Take the DETAIL, which quotes rows, out of a server's error, so that no log of it can hold them."""
    if isinstance(error, pg8000.native.DatabaseError) and isinstance(error.args[0], dict):
        error.args = ({name: value for name, value in error.args[0].items() if name in "SCMntFLR"},)


def is_refused_login(error: BaseException) -> bool:
    """Whether the server knows the user and password no longer, or not yet."""
    return sql_state(error) in REFUSED_LOGINS


def unavailable(error: BaseException) -> Unavailable | None:
    """The 503 that an error amounts to, or None where waiting would not help."""
    if isinstance(error, Unavailable):
        return error
    if isinstance(error, pg8000.native.DatabaseError):
        return _by_state(sql_state(error))
    if isinstance(error, ssl.SSLCertVerificationError):
        return Unavailable("database-certificate", "The database's certificate is not to be trusted.", LATER)
    if isinstance(error, TimeoutError) or isinstance(error.__cause__, TimeoutError):
        return Unavailable("database-timeout", "The database did not answer in time.")
    if isinstance(error, (OSError, pg8000.native.InterfaceError)):
        return Unavailable("database-unreachable", "The database cannot be reached.")
    return None


def _by_state(state: str) -> Unavailable | None:
    if state == READ_ONLY:
        return standby()
    if state in REFUSED_LOGINS:
        return Unavailable("database-login", "The database refuses the login.", LATER)
    if state in (NO_TABLE, NO_COLUMN, NO_DATABASE):
        return Unavailable("schema-missing", "The database has no payments yet: it has to be migrated.", LATER)
    if state.startswith(PASSING):
        return Unavailable("database-busy", "The database cannot serve this now.", SOON)
    return None


def standby() -> Unavailable:
    """This region holds no writer."""
    detail = "This region is on standby: its database takes no payments. Use the API's own address, not the region's."
    return Unavailable("standby", detail, LATER)


def reason(error: BaseException) -> str:
    """What a log may say about an error: the server's message without what is around it."""
    cause = error.__cause__ or error
    if isinstance(cause, pg8000.native.DatabaseError) and isinstance(cause.args[0], dict):
        return f"{sql_state(cause)} {cause.args[0].get('M', '')}"
    if isinstance(cause.__cause__, OSError):
        cause = cause.__cause__
    return f"{type(cause).__name__}: {cause}"
