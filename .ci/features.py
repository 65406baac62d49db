#!/usr/bin/env python3
"""Prints the features of one package of this workspace, `default` left out."""

import json
import subprocess
import sys

metadata = json.loads(
    subprocess.check_output(["cargo", "metadata", "--locked", "--no-deps", "--format-version=1"])
)
for package in metadata["packages"]:
    if package["name"] == sys.argv[1]:
        print(*sorted(set(package["features"]) - {"default"}))
        break
else:
    sys.exit(f"no package {sys.argv[1]} in this workspace")
