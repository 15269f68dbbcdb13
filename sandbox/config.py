"""What one sandbox is: its folder, its ports and addresses, its accounts. Persisted as JSON in the folder."""

from __future__ import annotations

import dataclasses
import json
import os
import socket
from collections.abc import Mapping
from pathlib import Path

from sandbox.clock import Clock
from sandbox.errors import SandboxError

DEFAULT_DIR = Path(__file__).resolve().parent.parent / "build" / "sandbox"
CONFIG_FILE = "config.json"
REGIONS = ("us-east-1", "us-east-2")
HIGHEST_PORT = 65535
FARTHEST_MS = 1000
FASTEST = 60  # a minute then takes a second, the finest that metrics are kept at


@dataclasses.dataclass(frozen=True)
class Accounts:
    """Account ids (12 digits) of the organization that the request takes for granted."""

    management: str = "111111111111"
    production: str = "222222222222"


@dataclasses.dataclass(frozen=True)
class Config:
    """One sandbox: `port` serves every AWS API on `host`, `tls_port` the payment API on each region's address."""

    dir: Path
    host: str = "127.0.0.1"
    port: int = 4566
    dns_port: int = 4553
    tls_port: int = 8443
    addresses: Mapping[str, str] = dataclasses.field(
        default_factory=lambda: {"us-east-1": "127.0.1.1", "us-east-2": "127.0.2.1"}
    )
    zone_name: str = "payments.example.com"
    accounts: Accounts = Accounts()
    secret_name: str = "payments/aurora/master"
    deploy_role: str = "role-deploy"
    hurry: float = 1.0  # how many times as fast as on AWS intervals pass
    distance_ms: float = 12.0  # what a function waits for the other region's network, there and back, however hurried

    @property
    def clock(self) -> Clock:
        """The clock that everything periodic follows."""
        return Clock(self.hurry)

    @property
    def endpoint(self) -> str:
        """URL of every AWS API."""
        return f"http://{self.host}:{self.port}"

    @property
    def log_file(self) -> Path:
        """Where the server writes its log."""
        return self.dir / "sandbox.log"

    @property
    def pid_file(self) -> Path:
        """Holds the server's pid, and its lock for as long as it lives."""
        return self.dir / "sandbox.pid"

    @property
    def password_file(self) -> Path:
        """The database password that the seeds put in Secrets Manager (mode 0600)."""
        return self.dir / "database-password"

    def save(self) -> None:
        """Write the configuration into its folder, making the folder when it is not there."""
        fields = dataclasses.asdict(self) | {"dir": str(self.dir), "addresses": dict(self.addresses)}
        try:
            self.dir.mkdir(parents=True, exist_ok=True)
            (self.dir / CONFIG_FILE).write_text(json.dumps(fields, indent=2) + "\n")
        except OSError as error:
            raise SandboxError(f"--dir {self.dir} cannot be written: {error.strerror}; name another folder") from error


def load(folder: Path) -> Config | None:
    """Return the configuration kept in `folder`, or None when no sandbox was ever started there."""
    path = folder / CONFIG_FILE
    try:
        fields = json.loads(path.read_text())
        return Config(**fields | {"dir": folder, "accounts": Accounts(**fields["accounts"])})
    except FileNotFoundError:
        return None
    except OSError as error:
        raise SandboxError(f"--dir {folder} cannot be read: {error.strerror}; name another folder") from error
    except (ValueError, TypeError, KeyError) as error:
        raise SandboxError(f"{path} is not a sandbox configuration ({error}); remove it and run up again") from error


def resolve(folder: Path, options: Mapping[str, object], environ: Mapping[str, str] = os.environ) -> Config:
    """Return the configuration for `up`: options over the environment over what the folder remembers over defaults.

    `options` may hold port, dns_port, tls_port (int or None), addresses ("region=ip,…" or None), hurry and distance
    (number or None) and free_ports (bool).
    """
    known = load(folder) or Config(dir=folder)
    asked = {
        "port": options.get("port") or _port(environ, "SANDBOX_PORT"),
        "dns_port": options.get("dns_port") or _port(environ, "SANDBOX_DNS_PORT"),
        "tls_port": options.get("tls_port") or _port(environ, "SANDBOX_TLS_PORT"),
        "addresses": parse_addresses(str(options.get("addresses") or environ.get("SANDBOX_ADDRESSES") or "")),
        "hurry": parse_hurry(str(options.get("hurry") or environ.get("SANDBOX_HURRY") or "")),
        "distance_ms": parse_distance(str(options.get("distance") or environ.get("SANDBOX_DISTANCE") or "")),
    }
    chosen = dataclasses.replace(known, **{name: value for name, value in asked.items() if value not in (None, {})})
    return with_free_ports(chosen) if options.get("free_ports") else chosen


def with_free_ports(config: Config) -> Config:
    """Keep the ports that are free, and replace those that are taken by free ones."""
    chosen: dict[str, int] = {}
    for name, addresses in listeners(config).items():
        current = getattr(config, name)
        keep = current not in chosen.values() and load(config.dir) is not None and is_free(addresses, current)
        chosen[name] = current if keep else free_port(addresses, set(chosen.values()))
    return dataclasses.replace(config, **chosen)


def listeners(config: Config) -> dict[str, tuple[str, ...]]:
    """Return the addresses that each port of the configuration is bound on."""
    return {"port": (config.host,), "dns_port": (config.host,), "tls_port": tuple(config.addresses.values())}


def require_free_ports(config: Config) -> None:
    """Raise SandboxError naming the option of the first port that somebody else holds."""
    for name, addresses in listeners(config).items():
        port, option = getattr(config, name), f"--{name.replace('_', '-')}"
        for address in addresses:
            if problem := why_not_bindable(address, port):
                raise SandboxError(
                    f"{option} {port} on {address}: {problem}; choose another with {option} or "
                    f"SANDBOX_{name.upper()}, or let --free-ports choose"
                )


def free_port(addresses: tuple[str, ...], taken: set[int]) -> int:
    """Return a port that is free for TCP and UDP on every one of `addresses` and not in `taken`."""
    for _ in range(100):
        with socket.socket() as probe:
            probe.bind((addresses[0], 0))
            port = probe.getsockname()[1]
        if port not in taken and is_free(addresses, port):
            return port
    raise SandboxError(f"no port is free on all of {', '.join(addresses)}")


def is_free(addresses: tuple[str, ...], port: int) -> bool:
    """Tell whether `port` can be bound on every address."""
    return not any(why_not_bindable(address, port) for address in addresses)


def why_not_bindable(address: str, port: int) -> str:
    """Return the system's reason why TCP or UDP `port` cannot be bound on `address`, or an empty string."""
    for kind in (socket.SOCK_STREAM, socket.SOCK_DGRAM):
        with socket.socket(socket.AF_INET, kind) as probe:
            if kind == socket.SOCK_STREAM:
                probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((address, port))
            except OSError as error:
                return os.strerror(error.errno) if error.errno else str(error)
    return ""


def parse_addresses(text: str) -> dict[str, str]:
    """Parse "us-east-1=127.0.1.1,us-east-2=127.0.2.1"; every region needs a loopback address of its own."""
    if not text:
        return {}
    pairs = dict(entry.split("=", 1) for entry in text.split(",") if "=" in entry)
    loopback = [ip for ip in pairs.values() if ip.startswith("127.")]
    if sorted(pairs) != sorted(REGIONS) or len(set(loopback)) != len(REGIONS):
        raise SandboxError(
            f"--addresses {text!r}: give each of {', '.join(REGIONS)} a 127.x.x.x address of its own, "
            "as in us-east-1=127.0.1.1,us-east-2=127.0.2.1"
        )
    return pairs


def parse_hurry(text: str) -> float | None:
    """Parse how many times as fast as on AWS intervals pass; None where nothing was said."""
    if not text:
        return None
    try:
        hurry = float(text)
    except ValueError:
        hurry = 0
    if not 0 < hurry <= FASTEST:
        raise SandboxError(
            f"--hurry {text!r}: give a number over 0 and up to {FASTEST}, as in --hurry 30; 1 is the pace of AWS"
        )
    return hurry


def parse_distance(text: str) -> float | None:
    """Parse how many milliseconds a call for the other region is under way; None where nothing was said."""
    if not text:
        return None
    try:
        distance = float(text)
    except ValueError:
        distance = -1
    if not 0 <= distance <= FARTHEST_MS:
        raise SandboxError(
            f"--distance {text!r}: give milliseconds from 0 to {FARTHEST_MS}, there and back; us-east-1 and us-east-2 "
            "are 12 apart"
        )
    return distance


def _port(environ: Mapping[str, str], name: str) -> int | None:
    text = environ.get(name)
    if not text:
        return None
    if not text.isdigit() or not 0 < int(text) <= HIGHEST_PORT:
        raise SandboxError(f"{name}={text!r} is not a port number (1 to {HIGHEST_PORT})")
    return int(text)
