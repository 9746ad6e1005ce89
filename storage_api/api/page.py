"""The Swagger page's own files; Swagger UI itself comes out of flask-restx's package."""

from flask import Blueprint

page = Blueprint(
    "page", __name__, static_folder="static", static_url_path="/page", template_folder="templates"
)
