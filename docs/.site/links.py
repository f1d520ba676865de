"""Adds the pages of the top folder to the site. Links to anything else outside docs/ become its path."""

import os
import re

from mkdocs.structure.files import File

TOP_PAGES = {
    "README.md": "index.md",
    "CHANGELOG.md": "changelog.md",
    "CONTRIBUTING.md": "contributing.md",
    "SECURITY.md": "vulnerabilities.md",
}
LINK = re.compile(r"(!?)\[((?:[^\[\]]|\[[^\]]*\])*)\]\(([^)\s#]*)(#[^)\s]*)?\)")
FENCE = re.compile(r"(^ *```)", re.MULTILINE)

top = {}


def on_files(files, config):
    root = os.path.dirname(config["config_file_path"])
    for source, page in TOP_PAGES.items():
        with open(os.path.join(root, source), encoding="utf-8") as file:
            top[page] = file.read()
        files.append(File(page, root, config["site_dir"], config["use_directory_urls"]))
    return files


def on_page_read_source(page, config):
    return top.get(page.file.src_path)


def on_page_markdown(markdown, page, config, files):
    folder = "" if page.file.src_path in top else "docs/" + os.path.dirname(page.file.src_path)

    def link(match):
        image, text, target, anchor = match.groups()
        if not target or ":" in target:
            return match.group(0)
        path = os.path.normpath(os.path.join(folder, target))
        page_of = TOP_PAGES.get(path) or re.sub("^docs/", "", path)
        if path.startswith("docs/") and os.path.isdir(path):
            page_of += "/README.md"
        if files.get_file_from_path(page_of) is None:
            return f"{text} (`{path}`)"
        here = os.path.dirname(page.file.src_path)
        return f"{image}[{text}]({os.path.relpath(page_of, here or '.')}{anchor or ''})"

    parts = FENCE.split(markdown)  # text, fence, code, fence, text, ...
    return "".join(LINK.sub(link, part) if i % 4 == 0 else part for i, part in enumerate(parts))
