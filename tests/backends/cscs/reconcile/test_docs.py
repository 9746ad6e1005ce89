"""What docs/reconciler.md promises is there."""

import contextlib
import io
import re

import pytest

from storage_api.backends.cscs.drivers.commands import ABOUT, LIMITS
from storage_api.backends.cscs.reconcile.arguments import parse
from tests.servers import ROOT

PAGE = (ROOT / "docs" / "reconciler.md").read_text(encoding="utf-8")


def test_every_option_is_documented_and_no_other() -> None:
    output = io.StringIO()
    with contextlib.redirect_stdout(output), pytest.raises(SystemExit):
        parse(["--help"])
    options = set(re.findall(r"--[a-z][a-z-]+", output.getvalue())) - {"--help"}

    table = PAGE.partition("## Options")[2].partition("Exit codes")[0]

    assert set(re.findall(r"--[a-z][a-z-]+", table)) == options


def test_every_placeholder_is_documented() -> None:
    for name in ABOUT | LIMITS:
        assert f"`{{{name}}}`" in PAGE
