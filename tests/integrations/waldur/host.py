"""The plugin alone, without the rest of the agent: its hooks are called one by one."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any
from uuid import uuid4

from tests.integrations.waldur.lab import STORAGE, Lab


class Refused(Exception):
    """The hook raised; ``kinds`` are the names of the error's classes."""

    def __init__(self, answer: Mapping[str, Any]) -> None:
        super().__init__(answer["error"])
        self.kinds = set(answer["kinds"])


@dataclass
class Host:
    """One process that keeps back-ends, each with settings and a ledger of its own."""

    lab: Lab
    process: subprocess.Popen[str]
    talk: tuple[IO[str], IO[str]]

    def backend(
        self,
        settings: Mapping[str, Any],
        components: Mapping[str, Any] | None = None,
        *,
        plugin: str = "storage-api",
        state: str = "",
    ) -> Hooks:
        """``state``: name of the ledger's directory; by default a fresh one."""
        host = uuid4().hex
        whole = {
            "api_url": self.lab.front.url,
            "api_token_file": str(self.lab.token),
            "state_directory": str(self.lab.site.folder / (state or host)),
            "subsystem": self.lab.subsystem,
            **settings,
        }
        rows = {"storage": STORAGE} if components is None else components
        self.say(host=host, backend=plugin, settings=whole, components=rows)
        return Hooks(self, host)

    def say(self, **line: Any) -> Any:
        given, answers = self.talk
        given.write(json.dumps(line) + "\n")
        given.flush()
        answer = json.loads(answers.readline())
        if "error" in answer:
            raise Refused(answer)
        return answer["found"]


@dataclass(frozen=True)
class Hooks:
    host: Host
    key: str

    def __call__(self, hook: str, *values: Any) -> Any:
        return self.host.say(host=self.key, hook=hook, values=values)

    def make(self, resource: Mapping[str, Any]) -> Any:
        return self("create_resource_with_id", resource, "")


def resource(name: str, *, backend_id: str = "", size: int = 5, **more: Any) -> dict[str, Any]:
    """As Waldur tells of one."""
    fixed = {"customer_slug": "climate", "project_slug": "msocean", "slug": name, "name": name}
    about = {"uuid": uuid4().hex, "backend_id": backend_id, "attributes": {}, **fixed}
    return {**about, "limits": {"storage": size}, **more}


@contextmanager
def hosted(lab: Lab) -> Iterator[Host]:
    script = Path(__file__).with_name("hooks.py")
    with (lab.site.folder / "hooks.log").open("w") as log:
        process = subprocess.Popen(
            [str(lab.site.programs / "python"), str(script)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=log,
            text=True,
        )
    assert process.stdin
    assert process.stdout
    try:
        yield Host(lab, process, (process.stdin, process.stdout))
    finally:
        process.stdin.close()
        process.wait(20)
        process.stdout.close()
