"""The real site agent, with the plugin, in an environment of its own."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import yaml

from tests.servers import ROOT
from tests.services.venvs import made_once, run

AGENT = "waldur-site-agent==1.0.7"
#: A plugin of the agent's makers, for the example that serves SLURM beside storage.
SLURM = "waldur-site-agent-slurm==1.0.7"
#: What builds the project's own two packages; the agent does not need it.
_TOOLS = ("setuptools==80.9.0", "wheel==0.45.1")
_OURS = (ROOT / "clients" / "python", ROOT / "integrations" / "waldur")
T = TypeVar("T")


def agent_programs() -> Path:
    """Where the agent's programs are; the project's packages run from their sources.

    Raises:
        NotInstalled: the packages cannot be had.
    """
    described = [(folder / "pyproject.toml").read_text(encoding="utf-8") for folder in _OURS]

    def make(folder: Path) -> None:
        python = str(folder / "bin" / "python")
        run("python3.11", "-m", "venv", str(folder))
        run(python, "-m", "pip", "install", "--quiet", AGENT, SLURM, "requests", *_TOOLS)
        for package in _OURS:
            editable = ["--no-deps", "--no-build-isolation", "--editable", str(package)]
            run(python, "-m", "pip", "install", "--quiet", *editable)

    return (
        made_once("waldur-site-agent", "\n".join([AGENT, SLURM, *_TOOLS, *described]), make) / "bin"
    )


@dataclass
class Agent:
    """A running process of the agent."""

    process: subprocess.Popen[bytes]
    log: Path

    def says(self, text: str) -> bool:
        return text in self.log.read_text(encoding="utf-8", errors="replace")

    def kill(self) -> None:
        """At once, as a power cut would."""
        self.process.kill()
        self.process.wait()


@dataclass(frozen=True)
class Site:
    """One agent's host: its programs, a configuration and a state directory."""

    programs: Path
    folder: Path

    @property
    def configuration(self) -> Path:
        return self.folder / "agent.yaml"

    @property
    def state(self) -> Path:
        return self.folder / "state"

    def configure(self, *offerings: Mapping[str, Any]) -> None:
        document = {"offerings": list(offerings), "log_level": "INFO"}
        self.configuration.write_text(yaml.safe_dump(document, sort_keys=False), encoding="utf-8")

    @contextmanager
    def running(self, mode: str, *, hasty: bool = True) -> Iterator[Agent]:
        """``mode``: order_process, membership_sync, report or event_process.

        ``hasty``: it looks several times a second, as ``hasty.py`` says.
        """
        log = self.folder / f"{mode}.log"
        program = [self.programs / "waldur_site_agent"]
        if hasty:
            program = [self.programs / "python", Path(__file__).with_name("hasty.py")]
        with log.open("ab") as output:
            process = subprocess.Popen(
                [*map(str, program), "-m", mode, "-c", "agent.yaml"],
                cwd=self.folder,
                env=self._environment(),
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        try:
            yield Agent(process, log)
        finally:
            if process.poll() is None:
                process.send_signal(signal.SIGTERM)
                try:
                    process.wait(10)
                except subprocess.TimeoutExpired:
                    process.kill()
                    process.wait()

    def call(self, program: str, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Run one of the agent's other programs to its end."""
        return subprocess.run(
            [str(self.programs / program), *arguments],
            cwd=self.folder,
            env=self._environment(),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )

    def _environment(self) -> dict[str, str]:
        kept = {
            name: value
            for name, value in os.environ.items()
            if not name.lower().endswith("_proxy") and not name.startswith("PYTHON")
        }
        # The heartbeat's file has a fixed name among the temporary files.
        return {**kept, "TMPDIR": str(self.folder), "PYTHONUNBUFFERED": "1"}


class Agents:
    """One agent at a time, started again where a test has killed it; for the tests of a module."""

    def __init__(self, site: Site, mode: str) -> None:
        self._site = site
        self._mode = mode
        self._running = ExitStack()
        self._agent: Agent | None = None

    def living(self, ready: Callable[[], object] = lambda: True) -> Agent:
        """The agent; a new one is waited for until ``ready``."""
        if self._agent is None or self._agent.process.poll() is not None:
            self.end()
            self._agent = self._running.enter_context(self._site.running(self._mode))
            until(ready, 90)
        return self._agent

    def end(self) -> None:
        self._running.close()


def until(look: Callable[[], T], seconds: float = 60.0) -> T:
    """What ``look`` finds, once that is true."""
    end = time.monotonic() + seconds
    while not (found := look()):
        if time.monotonic() > end:
            raise AssertionError(f"not within {seconds:g} s: {found!r}")
        time.sleep(0.1)
    return found
