"""Package metadata; tools are configured in pyproject.toml, exact versions in requirements*.txt."""

import ast
from pathlib import Path

from setuptools import find_packages, setup

HERE = Path(__file__).resolve().parent


def version() -> str:
    """Read, not imported: what the package imports may not be installed yet."""
    module = ast.parse((HERE / "storage_api" / "__init__.py").read_text(encoding="utf-8"))
    for statement in module.body:
        match statement:
            case ast.Assign(
                targets=[ast.Name(id="__version__")], value=ast.Constant(value=str(text))
            ):
                return text
    raise RuntimeError("storage_api/__init__.py sets no __version__")


def requirements(name: str) -> list[str]:
    """The requirements of one ``.in`` file, without comments and pip's options."""
    lines = (HERE / name).read_text(encoding="utf-8").splitlines()
    return [line for line in lines if line and not line.startswith(("#", "-"))]


EXTRAS = requirements("requirements-extras.in")

setup(
    name="storage-api",
    version=version(),
    description="One REST service in front of every storage system of a scientific site",
    license="Apache-2.0",
    license_files=["LICENSE"],
    packages=find_packages(include=["storage_api", "storage_api.*"]),
    package_data={
        "storage_api": ["py.typed"],
        "storage_api.api": ["static/*", "static/*/*", "templates/*"],
    },
    entry_points={"console_scripts": ["storage-api = storage_api.cli:main"]},
    python_requires=">=3.11",
    install_requires=requirements("requirements.in"),
    extras_require={
        "sentry": [line for line in EXTRAS if line.startswith("sentry")],
        "otel": [line for line in EXTRAS if line.startswith("opentelemetry")],
        "dev": requirements("requirements-dev.in"),
    },
)
