"""What the function is told by its environment; Terraform sets it, the same way in both regions."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from .durability import MODES
from .journal import Tables

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
    peer_region: str
    journal_table: str
    epoch_table: str
    peer_tables: Tables
    durability: str
    journal_retention_days: int
    api_name: str
    api_gateway: str
    dns_servers: tuple[str, ...]

    @classmethod
    def from_environment(cls, environment: Mapping[str, str] = os.environ) -> Settings:
        """Raises KeyError or ValueError naming the variable: a function that is set up wrong must not start."""
        if environment["DURABILITY"] not in MODES:
            raise ValueError(f"DURABILITY: must be one of {', '.join(MODES)}, not {environment['DURABILITY']}")
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
            peer_region=environment["PEER_REGION"],
            journal_table=environment["JOURNAL_TABLE"],
            epoch_table=environment["EPOCH_TABLE"],
            peer_tables=Tables(journal=environment["PEER_JOURNAL_TABLE"], epoch=environment["PEER_EPOCH_TABLE"]),
            durability=environment["DURABILITY"],
            journal_retention_days=int(environment["JOURNAL_RETENTION_DAYS"]),
            # The name that fails over, and where it leads when it leads here.
            api_name=environment["API_NAME"],
            api_gateway=environment["API_GATEWAY"],
            # Who is asked where it leads now, "host" or "host:port" with commas between: the zone's own servers, unless
            # DNS is not AWS's. Without any the resolver is asked, which remembers.
            dns_servers=tuple(
                filter(None, (environment.get("DNS_SERVERS") or environment.get("API_NAME_SERVERS", "")).split(","))
            ),
        )
