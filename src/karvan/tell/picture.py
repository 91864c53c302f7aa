"""Pictures drawn by hand as SVG: colours by name, text with its width, and files of them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache
from html import escape
from importlib.resources import files
from pathlib import Path

from karvan.core.archive import write_whole
from karvan.core.errors import SourceError
from karvan.tell.language import number

FONT = "system-ui,-apple-system,'Segoe UI',Roboto,'DejaVu Sans',sans-serif"
THEMES = ("light", "dark")
SUFFIXES = (".svg", ".png", ".html")
SHARP = 2.0  # pixels of a PNG per pixel of the drawing


@cache
def palette(theme: str) -> Mapping[str, str]:
    """Return the colours of a theme by name, as the style sheet of the brief has them: light, dark or print."""
    css = files("karvan.tell").joinpath("templates", "style.css").read_text(encoding="utf-8")
    roots = re.findall(r":root\{([^}]*)\}", css)
    found = dict(zip((*THEMES, "print"), roots, strict=True))
    return dict(re.findall(r"--(\w+):([^;]+)", found[theme]))


def painted(svg: str, theme: str) -> str:
    """Return a drawing with its named colours replaced by those of a theme, for programs without style sheets."""
    colours = palette(theme)
    return re.sub(r"var\(--(\w+)\)", lambda found: colours[found[1]], svg)


def drawing(body: str, width: float, height: float, title: str) -> str:
    """Return an accessible SVG that shrinks with its column and never grows beyond its width."""
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" role="img" aria-label="{escape(title)}" '
        f'viewBox="0 0 {width:g} {height:.0f}" style="max-width:{width:g}px" font-family="{FONT}">'
        f"<title>{escape(title)}</title>{body}</svg>"
    )


def words(
    x: float, y: float, text: str, *, size: float = 12, colour: str = "ink", anchor: str = "start", more: str = ""
) -> str:
    """Return a line of text; `anchor` is start, middle or end."""
    side = "" if anchor == "start" else f' text-anchor="{anchor}"'
    return (
        f'<text x="{x:.1f}" y="{y:.1f}" font-size="{size:g}" fill="var(--{colour})"{side}{more}>{escape(text)}</text>'
    )


def breadth(text: str, size: float = 12) -> float:
    """Return about how wide a text is, in pixels: a bound for common typefaces, letters of other scripts are wider."""
    wide = sum(1.15 if c > "\u052f" and c.isalpha() else 0.92 if c > "\u03ff" or c.isupper() else 0.86 for c in text)
    return 0.68 * size * wide


def lines_of(text: str, room: float, size: float = 12, *, bold: bool = False) -> list[str]:
    """Return a text broken into lines that are no wider than some pixels, at spaces."""
    room = room / 1.1 if bold else room
    lines = [""]
    for word in text.split(" "):
        longer = f"{lines[-1]} {word}".strip()
        if breadth(longer, size) <= room or not lines[-1]:
            lines[-1] = longer
        else:
            lines.append(word)
    return lines


def figures(value: float, digits: int, language: str, *, sign: bool = False) -> str:
    """Write a number as its readers do: a decimal comma outside English."""
    text = number(value, digits, sign=sign)
    return text if language == "en" else text.replace(".", ",")


def bold_lines(text: str, y: float, room: float, size: float) -> tuple[str, float]:
    """Return a heading as SVG that begins below y, and where it ends."""
    body = ""
    for line in lines_of(text, room, size, bold=True):
        y += 1.35 * size
        body += words(0, y - 0.25 * size, line, size=size, more=' font-weight="600"')
    return body, y


def check_picture(path: Path | str, *, suffixes: tuple[str, ...] = SUFFIXES) -> None:
    """Refuse a file name that says no known format, or a folder that is not there, before any work is done."""
    path = Path(path)
    if path.suffix not in suffixes:
        raise SourceError(f"{path}: a picture is written as {', '.join(suffixes)}; choose one of these endings")
    if not path.parent.is_dir():
        raise SourceError(f"{path}: the folder {path.parent} does not exist")


def save_picture(svg: str, path: Path | str, *, title: str, theme: str = "light", language: str = "en") -> None:
    """Write a drawing as SVG or PNG in one theme, or as a page that follows the reader's own (day, night, paper).

    Raises
    ------
    SourceError
        The file's suffix is none of these, or the folder does not exist.
    """
    check_picture(path)
    path = Path(path)
    if path.suffix == ".html":
        write_whole(path, _page(svg, title, theme, language))
        return
    size = re.search(r'viewBox="0 0 ([\d.]+) ([\d.]+)" style="[^"]*"', svg)
    assert size is not None
    sheet = f'<rect width="{size[1]}" height="{size[2]}" fill="var(--paper)"/>'
    fixed = svg.replace(size[0], f'viewBox="0 0 {size[1]} {size[2]}" width="{size[1]}" height="{size[2]}"', 1)
    fixed = painted(fixed.replace("</title>", f"</title>{sheet}", 1), theme)
    if path.suffix == ".svg":
        write_whole(path, fixed + "\n")
        return
    import vl_convert

    write_whole(path, vl_convert.svg_to_png(fixed, scale=SHARP))


def _page(svg: str, title: str, theme: str, language: str) -> str:
    css = files("karvan.tell").joinpath("templates", "style.css").read_text(encoding="utf-8")
    if theme == "dark":
        css += "".join(f":root{{--{name}:{colour}}}" for name, colour in palette("dark").items())
    width = re.search(r'viewBox="0 0 ([\d.]+)', svg)
    assert width is not None
    body = f"body{{max-width:{float(width[1]) + 40:g}px}}"
    return (
        f'<!doctype html>\n<html lang="{language}">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{escape(title)}</title>\n<style>{css}{body}</style>\n</head>\n<body>\n<main>{svg}</main>\n"
        "</body>\n</html>\n"
    )
