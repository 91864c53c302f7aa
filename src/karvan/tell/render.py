"""From content to one self-contained HTML file."""

from __future__ import annotations

from importlib.resources import files
from typing import Any


def html(content: dict[str, Any], language: str) -> str:
    """Render a page: style inside, charts inside, no script and no outside request."""
    from jinja2 import Environment, StrictUndefined
    from markupsafe import Markup, escape

    def figure(svg: str, caption: str) -> Markup:
        said = Markup("<figcaption>{}</figcaption>").format(escape(caption)) if caption else ""
        return Markup("<figure>{}{}</figure>").format(said, Markup(svg))

    folder = files("karvan.tell").joinpath("templates")
    environment = Environment(autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)
    template = environment.from_string(folder.joinpath("brief.html.j2").read_text(encoding="utf-8"))
    style = folder.joinpath("style.css").read_text(encoding="utf-8")
    return template.render(**content, language=language, style=style, figure=figure)
