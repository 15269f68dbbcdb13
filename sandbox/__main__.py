"""`python -m sandbox up|down|status|inbox|env|outage|restore|calls`: the local AWS from the command line."""

from __future__ import annotations

import argparse
import fcntl
import json
import os
import shlex
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from sandbox import config as configuration
from sandbox import environment, outages, process
from sandbox.aurora import postgres
from sandbox.config import Config
from sandbox.errors import SandboxError
from sandbox.outages import Outages


def up(options: argparse.Namespace) -> str:
    """Start the sandbox, or say that it runs; return what to print."""
    from sandbox import seeds  # imports botocore, which env and down can do without

    folder = options.dir
    with _alone(folder):
        known = configuration.load(folder)
        if known and (pid := process.running_pid(known.pid_file)):
            process.wait(known, pid)
            seeds.sow(known)  # an earlier up may have been interrupted before it came to this
            return f"The sandbox runs already: {known.endpoint} (pid {pid}, {folder})"
        config = configuration.resolve(folder, vars(options))
        configuration.require_free_ports(config)
        config.save()
        postgres.programs(folder)  # or it says what to install
        pid = process.start(config)
        made = seeds.sow(config)
    where = "" if folder == configuration.DEFAULT_DIR else f" --dir {shlex.quote(str(folder))}"
    state = "seeded" if made else "with the state it had"
    return (
        f"The sandbox is up: {config.endpoint} (pid {pid}, {state}, {folder})\n"
        f'Point any AWS client at it: eval "$(python -m sandbox env{where})"'
    )


def down(options: argparse.Namespace) -> str:
    """End the sandbox and wait until it is gone."""
    config = configuration.load(options.dir)
    if config is None:
        return f"No sandbox was ever started in {options.dir}"
    with _alone(options.dir):
        pid = process.stop(config)
    if pid is None:
        return "The sandbox is not running"
    return f"The sandbox (pid {pid}) has ended; its state stays in {options.dir}"


def show_status(options: argparse.Namespace) -> str:
    """Return one screen about the sandbox."""
    from sandbox import status

    return status.screen(_running(options.dir))


def show_inbox(options: argparse.Namespace) -> str:
    """Return what the alert topics sent by e-mail, whether the sandbox still runs or not."""
    from sandbox import inbox

    return inbox.as_json(options.dir) if options.json else inbox.screen(options.dir)


def env(options: argparse.Namespace) -> str:
    """Return export lines for the shell."""
    config = _running(options.dir)
    return environment.exports(config, getattr(config.accounts, options.account))


def outage(options: argparse.Namespace) -> str:
    """Let something of a region go out."""
    return _change(options, lambda known: known.begin(options.region, options.kind, time.time()))


def restore(options: argparse.Namespace) -> str:
    """Let what is out in a region come back: one kind, or everything."""
    return _change(options, lambda known: known.end(options.region, options.kind))


def show_calls(options: argparse.Namespace) -> str:
    """Return the API calls that were made while something was out."""
    from sandbox import call_log

    made = call_log.ask(_running(options.dir))
    return json.dumps(made, indent=2) if options.json else call_log.screen(made)


def _change(options: argparse.Namespace, change: Callable[[Outages], Outages]) -> str:
    """Change what is out, wait until that is carried out, and return all that is out then."""
    config = _running(options.dir)
    with _alone(options.dir):
        after = change(outages.load(options.dir))
        outages.save(options.dir, after)
        process.heed_outages(config)
    return "\n".join(after.lines()) or "Nothing is out"


def _running(folder: Path) -> Config:
    config = configuration.load(folder)
    if config is None or process.running_pid(config.pid_file) is None:
        raise SandboxError(f"the sandbox in {folder} is not running: start it with python -m sandbox up")
    return config


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """Hold the folder's lock, so that two commands at once start or end one sandbox, not two."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        lock = (folder / "command.lock").open("w")
    except OSError as error:
        raise SandboxError(f"--dir {folder} cannot be written: {error.strerror}; name another folder") from error
    with lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _arguments(words: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m sandbox", description="The local AWS of this project.")
    verbs = parser.add_subparsers(required=True, metavar="up|down|status|inbox|env|outage|restore|calls")
    actions = {"up": up, "down": down, "status": show_status, "inbox": show_inbox, "env": env}
    actions |= {"outage": outage, "restore": restore, "calls": show_calls}
    for verb, action in actions.items():
        command = verbs.add_parser(verb, help=(action.__doc__ or "").split("\n")[0])
        command.set_defaults(action=action)
        command.add_argument(
            "--dir",
            type=lambda text: Path(text).resolve(),
            default=os.environ.get("SANDBOX_DIR") or configuration.DEFAULT_DIR,
            help="folder of this sandbox (default: SANDBOX_DIR, which env prints, or build/sandbox)",
        )
        if verb == "up":
            for name, what in {"port": "every AWS API", "dns-port": "the DNS server", "tls-port": "the API"}.items():
                command.add_argument(f"--{name}", type=_port, help=f"port of {what}")
            command.add_argument("--addresses", help="us-east-1=127.0.1.1,us-east-2=127.0.2.1")
            command.add_argument("--hurry", help="how many times as fast as on AWS intervals pass (default 1)")
            command.add_argument(
                "--distance", help="milliseconds to the other region and back, for functions that call it (default 12)"
            )
            command.add_argument("--free-ports", action="store_true", help="choose free ports and remember them")
        if verb in ("outage", "restore"):
            command.add_argument("region", choices=configuration.REGIONS)
            kinds = "; ".join(f"{kind}: {meaning}" for kind, meaning in outages.MEANING.items())
            command.add_argument(
                "--kind", type=outages.Kind, choices=list(outages.Kind), required=verb == "outage", help=kinds
            )
        if verb in ("inbox", "calls"):
            command.add_argument("--json", action="store_true", help="as a JSON list")
        if verb == "env":
            command.add_argument(
                "--account",
                choices=("production", "management"),
                default="production",
                help="whose keys: an engineer looking around, or the deployer's",
            )
    return parser.parse_args(words)


def _port(text: str) -> int:
    if not text.isdigit() or not 0 < int(text) <= configuration.HIGHEST_PORT:
        raise argparse.ArgumentTypeError(f"{text!r} is not a port number (1 to {configuration.HIGHEST_PORT})")
    return int(text)


def main(words: list[str] | None = None) -> int:
    """Run one command; return 0, or 1 after one clear line on standard error."""
    options = _arguments(words)
    try:
        print(options.action(options))
    except SandboxError as error:
        print(f"sandbox: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
