#!/usr/bin/env python3
"""Checks that `rust-version` is what the libraries' dependencies need, no less and no more."""

import json
import subprocess
import sys

metadata = json.loads(
    subprocess.check_output(
        ["cargo", "metadata", "--locked", "--all-features", "--format-version=1"]
    )
)
packages = {package["id"]: package for package in metadata["packages"]}
nodes = {node["id"]: node for node in metadata["resolve"]["nodes"]}
members = set(metadata["workspace_members"])


def version(text):
    return tuple(int(part) for part in text.split("."))


def needed(root):
    """The highest rust-version in what is built with this package, tests left out."""
    seen, waiting, highest = set(), [root], ((0,), "nothing")
    while waiting:
        identity = waiting.pop()
        if identity in seen:
            continue
        seen.add(identity)
        package = packages[identity]
        if identity not in members and package["rust_version"]:
            highest = max(highest, (version(package["rust_version"]), package["name"]))
        for dependency in nodes[identity]["deps"]:
            if any(kind["kind"] != "dev" for kind in dependency["dep_kinds"]):
                waiting.append(dependency["pkg"])
    return highest


highest = ((0,), "nothing")
for member in members:
    package = packages[member]
    if package["name"].startswith("thalweg-"):
        highest = max(highest, needed(member))
        stated = version(package["rust_version"])
floor = ".".join(map(str, highest[0]))
if stated[:2] != highest[0][:2]:
    sys.exit(f"rust-version is {stated}, but {highest[1]} needs {floor}")
print(f"{highest[1]} needs Rust {floor}, and that is what the workspace states")
