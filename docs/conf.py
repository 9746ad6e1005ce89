"""How Sphinx makes the guides: `make html`."""

import ast
from pathlib import Path

_SOURCE = Path(__file__).parents[1] / "storage_api" / "__init__.py"

project = "storage-api"
author = "the storage-api developers"
project_copyright = author
# Read, not imported: the documentation needs nothing of the service.
release = version = next(
    ast.literal_eval(statement.value)
    for statement in ast.parse(_SOURCE.read_text(encoding="utf-8")).body
    if isinstance(statement, ast.Assign)
)

extensions = ["myst_parser"]
source_suffix = {".md": "markdown"}
myst_heading_anchors = 4
# A configuration's separators are no language of Pygments'.
highlight_language = "none"

html_theme = "furo"
html_title = f"storage-api {release}"
html_static_path = ["static"]
html_css_files = ["guides.css"]
html_copy_source = False
html_show_sphinx = False
html_theme_options: dict[str, object] = {"top_of_page_buttons": []}
