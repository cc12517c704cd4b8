#!/usr/bin/env python3
"""Write edge/client.mjs, the browser's script as the edge serves it, from client/tessera.mjs.

    scripts/browser_client.py            write it
    scripts/browser_client.py --check    exit with 1 where it is out of date

esbuild (package.json) takes comments and long names away.
"""

from __future__ import annotations

import json
import subprocess
import sys
from hashlib import sha256
from pathlib import Path

ROOT = Path(__file__).parents[1]
SOURCE = ROOT / "client" / "tessera.mjs"
TARGET = ROOT / "edge" / "client.mjs"
BUILD = """
const [entry] = process.argv.slice(1);
const options = { entryPoints: [entry], bundle: true, minify: true, format: "esm", target: "es2022", mangleProps: /_$/, write: false };
process.stdout.write(require("esbuild").buildSync(options).outputFiles[0].text);
"""
HEAD = "// The browser's script. Written by scripts/browser_client.py from client/tessera.mjs, where it can be read.\n\n"


def minified() -> str:
    """The script as browsers get it."""
    sys.path.insert(0, str(ROOT))
    from host.tools import node

    return subprocess.run([node(), "-e", BUILD, SOURCE], cwd=ROOT, capture_output=True, text=True, check=True).stdout.strip()


def module() -> str:
    """The text of edge/client.mjs."""
    script = minified()
    tag = sha256(script.encode()).hexdigest()[:16]
    return f"{HEAD}export const TAG = {json.dumps(tag)};\nexport const CLIENT =\n  {json.dumps(script)};\n"


def main(arguments: list[str]) -> int:
    text = module()
    if "--check" in arguments:
        if TARGET.exists() and TARGET.read_text(encoding="utf-8") == text:
            return 0
        print(f"{TARGET.relative_to(ROOT)} is out of date: run scripts/browser_client.py")
        return 1
    TARGET.write_text(text, encoding="utf-8")
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
