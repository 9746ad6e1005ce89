"""Reads ``/metrics`` as Prometheus does, and asks promtool what it thinks of it."""

import subprocess
from dataclasses import dataclass

import requests
from prometheus_client.parser import text_string_to_metric_families

INSTALL = "apt-get install -y --no-install-recommends prometheus"


@dataclass(frozen=True)
class Scrape:
    """One answer; names are those that a query would use."""

    text: str

    def values(self, name: str, **labels: str) -> dict[tuple[tuple[str, str], ...], float]:
        """By labels, all samples of a name that have at least these labels."""
        return {
            tuple(sorted(sample.labels.items())): sample.value
            for family in text_string_to_metric_families(self.text)
            for sample in family.samples
            if sample.name == name and labels.items() <= sample.labels.items()
        }

    def total(self, name: str, **labels: str) -> float:
        """The sum of those samples; fails if there are none."""
        found = self.values(name, **labels)
        assert found, f"no {name} with {labels}"
        return sum(found.values())

    def sum(self, name: str, **labels: str) -> float:
        return sum(self.values(name, **labels).values())

    @property
    def names(self) -> set[str]:
        return {
            sample.name
            for family in text_string_to_metric_families(self.text)
            for sample in family.samples
        }


def scrape(url: str, path: str = "/metrics") -> Scrape:
    with requests.Session() as session:
        session.trust_env = False
        answer = session.get(f"{url}{path}", timeout=30)
    assert answer.status_code == 200, answer.text
    assert answer.headers["Content-Type"].startswith("text/plain; version=0.0.4")
    return Scrape(answer.text)


def promtool(*arguments: str, given: str = "") -> str:
    """What it says; fails unless it is content."""
    done = subprocess.run(
        ["promtool", *arguments],
        input=given,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout + done.stderr
