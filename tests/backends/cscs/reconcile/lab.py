"""The reconciler with everything around it: Waldur, the GID service, and storage."""

import contextlib
import io
import json
import os
import signal
import subprocess
import sys
import uuid
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from storage_api.backends.cscs.reconcile.__main__ import main
from tests.servers import environment
from tests.simulators.hpc_user import HpcUserSimulator
from tests.simulators.vast import VastSimulator
from tests.simulators.waldur import WaldurSimulator
from tests.simulators.waldur.records import Order, Project, Resource

#: Only root can give a directory to a group that it is not in.
GID = 30500 if os.geteuid() == 0 else os.getgid()
_MODULE = "storage_api.backends.cscs.reconcile"
_END_SECONDS = 30


@dataclass(frozen=True)
class Run:
    """One run of the reconciler: how it ended, what it logged, what it complained about."""

    code: int
    events: Sequence[Mapping[str, Any]]
    errors: str = ""

    def named(self, event: str) -> list[Mapping[str, Any]]:
        return [each for each in self.events if each.get("event") == event]


@dataclass
class Lab:
    waldur: WaldurSimulator
    groups: HpcUserSimulator
    folder: Path
    vast: VastSimulator | None = None
    extra: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.root = self.folder / "root"
        self.root.mkdir(exist_ok=True)
        self.journal = self.folder / "journal.jsonl"
        token = self.folder / "token"
        self.vast_account = ["--vast-token-file", str(token)]
        if self.vast:
            token.write_text(f"{self.vast.token}\n", encoding="utf-8")
        self.customer = self.waldur.add_customer("University", slug="university")

    @property
    def system(self) -> str:
        return "vast" if self.vast else "capstor"

    def project(self, slug: str = "climate", gid: int | None = None) -> Project:
        self.groups.add(slug, GID if gid is None else gid)
        if self.vast:
            self.vast.cluster.groups[GID if gid is None else gid] = f"group-{slug}"
        return self.waldur.add_project(self.customer, slug.title(), slug=slug)

    def order(self, project: Project | None = None, **about: Any) -> Order:
        """A new resource, which waits for the provider."""
        offering = self.waldur.offering(self.system)
        return self.waldur.create(offering, project or self.project(), **about)

    def place(self, resource: Resource) -> Path:
        return self.root / self.path(resource).lstrip("/")

    def path(self, resource: Resource) -> str:
        kind = resource.attributes["storage_data_type"]
        project = resource.project
        return f"/{self.system}/{kind}/cscs/{project.customer.slug}/{project.slug}"

    @property
    def environ(self) -> dict[str, str]:
        options = {
            "waldur_api_url": f"{self.waldur.url}/api/",
            "waldur_api_token": self.waldur.token,
            "storage_systems": "capstor=capstor,vast=vast,iopsstor=iopsstor",
            "hpc_user_api_url": self.groups.url,
            "hpc_user_client_id": self.groups.client_id,
            "hpc_user_client_secret": self.groups.client_secret,
            "hpc_user_oidc_token_url": self.groups.token_url,
            "read_timeout": "3",
        }
        parts = [part for pair in options.items() for part in pair]
        return {"SAPI_BACKENDS": "🌈".join(["hpc", "CscsStorage", *parts])}

    def arguments(self, *more: str, mode: Sequence[str] = ("--once",)) -> list[str]:
        common = [*mode, "--journal", str(self.journal), "--storage-system", self.system]
        return [*common, *self._driver(), *self.extra, *more]

    def run(self, *more: str, environ: Mapping[str, str] | None = None) -> Run:
        """One round, in this process."""
        output, errors = io.StringIO(), io.StringIO()
        kept = {number: signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGINT)}
        try:
            with contextlib.redirect_stdout(output), contextlib.redirect_stderr(errors):
                code = main(self.arguments(*more), self.environ if environ is None else environ)
        except SystemExit as ended:
            code = int(ended.code or 0)
        finally:
            for number, handler in kept.items():
                signal.signal(number, handler)
        return Run(code, _events(output.getvalue()), errors.getvalue())

    @contextlib.contextmanager
    def process(
        self, *more: str, mode: Sequence[str] = ("--once",)
    ) -> Iterator[subprocess.Popen[str]]:
        """A process of its own, which a test may kill."""
        command = [sys.executable, "-m", _MODULE, *self.arguments(*more, mode=mode)]
        process = subprocess.Popen(
            command,
            env=environment(self.environ),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        try:
            yield process
        finally:
            process.kill()
            process.communicate(timeout=_END_SECONDS)

    def steps(self) -> list[str]:
        lines = self.journal.read_text(encoding="utf-8").splitlines()
        return [json.loads(line)["step"] for line in lines]

    def state_of(self, order: Order) -> tuple[str, str]:
        return order.state, order.resource.state

    def _driver(self) -> list[str]:
        if self.vast is None:
            return ["--driver", "directory", "--root", str(self.root)]
        place = ["--vast-url", self.vast.url, "--vast-policy", "default"]
        return ["--driver", "vast", *place, *self.vast_account]


@dataclass(frozen=True)
class Quotas:
    """A quota command that writes down what it was told."""

    folder: Path

    def __post_init__(self) -> None:
        self.folder.mkdir()
        script = (
            '#!/bin/sh\nd=$(dirname "$0")\n[ -e "$d/fails" ] && { cat "$d/fails" >&2; exit 3; }\n'
        )
        script += 'printf \'%s\\n\' "$*" >> "$d/calls"\n'
        (self.folder / "setquota").write_text(script, encoding="utf-8")
        (self.folder / "setquota").chmod(0o700)

    @property
    def arguments(self) -> list[str]:
        placeholders = "{project_id} {soft_bytes} {hard_bytes} {soft_inodes} {hard_inodes} {path}"
        return ["--quota-command", f"{self.folder}/setquota {placeholders}"]

    def calls(self) -> list[list[str]]:
        file = self.folder / "calls"
        return [line.split() for line in file.read_text().splitlines()] if file.exists() else []

    def fail(self, text: str) -> None:
        (self.folder / "fails").write_text(text, encoding="utf-8")

    def work(self) -> None:
        (self.folder / "fails").unlink()


def dashed(text: str) -> str:
    return str(uuid.UUID(text))


def mode_of(place: Path) -> str:
    return f"{place.stat().st_mode & 0o7777:o}"


def is_root() -> bool:
    return os.geteuid() == 0


def _events(output: str) -> list[Mapping[str, Any]]:
    return [json.loads(line) for line in output.splitlines()]
