"""A zip with the same bytes for the same files: what is deployed changes when, and only when, the code does."""

from __future__ import annotations

import hashlib
import io
import zipfile
from collections.abc import Iterable
from pathlib import Path

# Zip cannot say a time before 1980, and a real one would make every build another.
EPOCH = (1980, 1, 1, 0, 0, 0)
# Lambda's user must be able to read every file: https://docs.aws.amazon.com/lambda/latest/dg/python-package.html
MODE = 0o644
SKIPPED_PARTS = frozenset({"__pycache__", "bin"})


def collect(sources: Iterable[tuple[Path, str]]) -> dict[str, bytes]:
    """Files by their name in the zip, from (folder, prefix) pairs; what Python compiles and scripts are left out.

    Raises ValueError when a folder is missing, or when two sources bring the same name.
    """
    files: dict[str, bytes] = {}
    for folder, prefix in sources:
        if not folder.is_dir():
            raise ValueError(f"{folder} is not a folder")
        for path in sorted(folder.rglob("*")):
            inside = path.relative_to(folder)
            if not path.is_file() or path.suffix == ".pyc" or SKIPPED_PARTS.intersection(inside.parts):
                continue
            name = (Path(prefix) / inside).as_posix()
            if name in files:
                raise ValueError(f"{name} comes from two sources; the second is {path}")
            files[name] = path.read_bytes()
    return files


def archive(files: dict[str, bytes]) -> bytes:
    """The zip's bytes: names in order, one time, one mode."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as zipped:
        for name in sorted(files):
            entry = zipfile.ZipInfo(name, EPOCH)
            entry.external_attr = MODE << 16
            entry.compress_type = zipfile.ZIP_DEFLATED
            zipped.writestr(entry, files[name])
    return buffer.getvalue()


def version_of(files: dict[str, bytes]) -> str:
    """Twelve hexadecimal digits that stand for the files' names and contents, whatever zlib makes of them."""
    digest = hashlib.sha256()
    for name in sorted(files):
        digest.update(f"{name}\0{len(files[name])}\0".encode())
        digest.update(files[name])
    return digest.hexdigest()[:12]
