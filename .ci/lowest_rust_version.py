"""Checks that rust-version in Cargo.toml is the lowest that the edition and the dependencies allow.

    cargo metadata --format-version 1 --all-features > metadata.json
    python3 .ci/lowest_rust_version.py metadata.json
"""

import json, sys

EDITIONS = {"2015": "1.0", "2018": "1.31", "2021": "1.56", "2024": "1.85"}


def version(text):
    parts = [int(part) for part in text.split("-")[0].split(".")]
    return tuple(parts + [0] * (3 - len(parts)))


metadata = json.load(open(sys.argv[1]))
packages = {package["id"]: package for package in metadata["packages"]}
nodes = {node["id"]: node for node in metadata["resolve"]["nodes"]}
root = packages[metadata["resolve"]["root"]]

# All that the library is built from: normal and build dependencies, those of proc macros too, on any platform.
needed, todo = set(), [root["id"]]
while todo:
    for dependency in nodes[todo.pop()]["deps"]:
        if dependency["pkg"] not in needed and any(kind["kind"] != "dev" for kind in dependency["dep_kinds"]):
            needed.add(dependency["pkg"])
            todo.append(dependency["pkg"])

reasons = [(version(EDITIONS[root["edition"]]), f"edition {root['edition']}")]
for package in (packages[id] for id in needed):
    if package["rust_version"]:
        reasons.append((version(package["rust_version"]), f"{package['name']} {package['version']}"))
lowest = max(reasons)[0]
named = sorted(name for needs, name in reasons if needs == lowest)
print(f"lowest possible: {'.'.join(map(str, lowest))}, because of {', '.join(named)}")
if version(root["rust_version"]) != lowest:
    sys.exit(f"error: Cargo.toml declares rust-version {root['rust_version']}")
