"""Runs many AWS CLI commands in the time of a few: most of a command's time goes into starting the CLI.

A program for the CLI's own interpreter. On standard input a JSON list of argument lists; on standard output a list of
[exit code, printed, complained] in the same order. Two at a time, each in its own fork, which begins where `aws` does.
"""

import json
import multiprocessing
import os
import sys
import tempfile
from pathlib import Path

from awscli.clidriver import create_clidriver, main


def run(arguments: list[str]) -> tuple[int, str, str]:
    # Version 1 of the CLI sends RDS calls of us-east-1 to AWS itself unless the endpoint is an option.
    sys.argv = ["aws", "--endpoint-url", os.environ["AWS_ENDPOINT_URL"], *arguments]
    with tempfile.TemporaryDirectory() as folder:
        files = [Path(folder) / name for name in ("printed", "complained")]
        for number, file in enumerate(files, 1):
            os.dup2(os.open(file, os.O_WRONLY | os.O_CREAT), number)
        try:
            code = main()
        except SystemExit as ended:  # how the CLI refuses its arguments
            code = ended.code
        sys.stdout.flush()
        sys.stderr.flush()
        return code, *(file.read_text() for file in files)


if __name__ == "__main__":
    create_clidriver()  # imports what every command needs, before the forks
    with multiprocessing.get_context("fork").Pool(2, maxtasksperchild=1) as pool:
        print(json.dumps(pool.map(run, json.load(sys.stdin), chunksize=1)))
