"""The tutorial, run from top to bottom in an environment of its own: what it shows is what the commands print.

`HARNESS_UPDATE_DOCS=1 pytest tests/test_tutorial.py` writes into it what they print now.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
import sysconfig
import venv
from pathlib import Path

import pytest

PAGE = Path(__file__).parent.parent / "docs" / "tutorial.md"
BLOCK = re.compile(r"```(console|python title=\"(?P<file>.*?)\")\n(?P<text>.*?)```\n", re.DOTALL)
VARIES = (
    (r"Times are of [^.]*\.\n?|Times with ~[^.]*\.[^.]*\.\n?|~", ""),  # whether others kept the machine busy
    (r" \(\d+:\d\d:\d\d\)", ""),  # pytest's way of saying that it took more than a minute
    (r"sha256 [0-9a-f]{8}", "sha256 #"),
    (r"[0-9]+(\.[0-9]+)?(s|k)\b", "#"),  # how long it took, and how fast it was
    (r"±?\.?[0-9]+\.[0-9]+", "#"),  # scores: other processors round otherwise
    (r"±[.0-9e+-]+", "#"),
    (r" \*", ""),  # whether cells can be told apart follows from scores
    (r"\d workers?|native|torch$|loop: .*", "#"),  # cores and compilers
    (r"\d/2 solved", "#"),
    (r"[─━]+", "─"),
    (r"to a device without memory: there is no GPU", ""),
    (r"[ \t]+", " "),
)


@pytest.fixture(scope="module")
def environment(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """What a user has: an environment into which harness is installed, here by way of the one that runs the tests."""
    folder = tmp_path_factory.mktemp("tutorial")
    venv.create(folder / "env", with_pip=False, symlinks=True)
    programs = folder / "env" / ("Scripts" if os.name == "nt" else "bin")
    inner = sysconfig.get_path("purelib", vars={"base": str(folder / "env")})
    Path(inner, "tests.pth").write_text(f"import site; site.addsitedir({sysconfig.get_path('purelib')!r})\n")
    for name, module in (("harness", "harness"), ("pytest", "pytest"), ("pip", "pip")):
        script = programs / name
        script.write_text(f'#!/bin/sh\nexec "{programs}/python" -m {module} "$@"\n')
        script.chmod(0o755)
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("PYTEST_", "COV_", "PIP_"))}
    return kept | {
        "PATH": f"{programs}{os.pathsep}{os.environ['PATH']}",
        "PIP_NO_BUILD_ISOLATION": "0",  # pip's way of saying yes: the build backend is there already
        "PIP_NO_DEPS": "1",
        "PIP_DISABLE_PIP_VERSION_CHECK": "1",
        "HARNESS_CACHE": str(folder / "cache"),  # with no certificate yet, whatever was checked on this machine
        "COLUMNS": "80",
        "PYTHONWARNINGS": "ignore",
    }


@pytest.mark.skipif(sys.platform == "win32", reason="its commands are those of a Unix shell")
def test_every_command_prints_what_is_shown(environment: dict[str, str], tmp_path: Path) -> None:
    folder, shown = tmp_path, PAGE.read_text(encoding="utf-8")
    blocks = list(BLOCK.finditer(shown))
    real = shown
    for block in blocks:
        if block["file"]:
            (folder / block["file"]).write_text(block["text"], encoding="utf-8")
            continue
        lines = []
        for command in re.findall(r"^\$ (.*)$", block["text"], re.MULTILINE):
            lines.append(f"$ {command}")
            if command.startswith("cd "):
                folder = (folder / command.removeprefix("cd ")).resolve()
                continue
            done = subprocess.run(
                command, shell=True, cwd=folder, env=environment, capture_output=True, text=True, check=False
            )
            assert done.returncode == 0, f"{command}\n{done.stdout}{done.stderr}"
            lines += [line.rstrip() for line in done.stdout.strip("\n").splitlines()]
        printed = "\n".join(lines) + "\n"
        if os.environ.get("HARNESS_UPDATE_DOCS"):
            real = real.replace(block[0], block[0].replace(block["text"], printed), 1)
        else:
            assert plain(printed) == plain(block["text"])
    if real != shown:
        PAGE.write_text(real, encoding="utf-8")


def plain(text: str) -> list[str]:
    """The lines without what differs from one machine to another; cells stand in the order in which they ended."""
    for pattern, replacement in VARIES:
        text = re.sub(pattern, replacement, text, flags=re.MULTILINE)
    return sorted(line.strip() for line in text.splitlines())
