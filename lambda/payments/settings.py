"""What the function is told by its environment; Terraform sets it, the same way in both regions."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

POSTGRESQL_PORT = 5432
#: AWS's own authorities for RDS in this region and its peer. How they get here: docs/decisions/0011.
RDS_AUTHORITIES = Path(__file__).parent / "rds-bundle.pem"


@dataclass(frozen=True)
class Settings:
    region: str
    function: str
    version: str
    log_level: str
    database_endpoint: str
    database_port: int
    database_name: str
    database_secret: str
    transaction_log_bucket: str
    database_ca_file: Path

    @classmethod
    def from_environment(cls, environment: Mapping[str, str] = os.environ) -> Settings:
        """Raises KeyError naming the variable that is missing: a function that is set up wrong must not start."""
        return cls(
            region=environment["AWS_REGION"],
            function=environment.get("AWS_LAMBDA_FUNCTION_NAME", "payments"),  # Lambda always sets it
            version=environment["PAYMENTS_VERSION"],
            log_level=environment["LOG_LEVEL"],
            database_endpoint=environment["DATABASE_ENDPOINT"],
            database_port=int(environment.get("DATABASE_PORT") or POSTGRESQL_PORT),
            database_name=environment["DATABASE_NAME"],
            database_secret=environment["DATABASE_SECRET_ARN"],
            transaction_log_bucket=environment["TRANSACTION_LOG_BUCKET"],
            # Set where the database's certificate comes from another authority than AWS's.
            database_ca_file=Path(environment.get("DATABASE_CA_FILE") or RDS_AUTHORITIES),
        )
