"""Known vulnerabilities of what is installed, by pip-audit: of an environment for each directory of packages.

    python tools/audit.py .ci/venv/lib/python3.11/site-packages

Fails if there is one. Where neither PyPI nor OSV tells of any package, as without a network or behind a mirror that
does not know, nothing is claimed, and that is said.
"""

from __future__ import annotations

import json
import subprocess
import sys
from typing import Any

_SERVICES = ("pypi", "osv")
_SECONDS = 60
_EXPLAINED: dict[str, str] = {}
"""Vulnerabilities that do not matter here, by their number, and why."""


def audited(directory: str, service: str) -> list[dict[str, Any]]:
    """Packages in a directory of which a service knows, each with its vulnerabilities; none if it does not answer."""
    command = [sys.executable, "-m", "pip_audit", "--path", directory, "--vulnerability-service", service]
    command += ["--format", "json", "--progress-spinner", "off", "--timeout", "10"]
    try:
        said = subprocess.run(command, capture_output=True, text=True, timeout=_SECONDS, check=False).stdout
        packages: list[dict[str, Any]] = json.loads(said)["dependencies"]
    except (subprocess.TimeoutExpired, ValueError, KeyError):
        return []
    return [package for package in packages if "vulns" in package]


def main(directories: list[str]) -> int:
    """Audit environments; gives the exit status."""
    wrong = 0
    for directory in directories:
        service, known = next(((one, got) for one in _SERVICES if (got := audited(directory, one))), ("", []))
        if not known:
            print(f"{', '.join(directories)}: NOT audited: no service of known vulnerabilities can be reached")
            break
        found = [(package, vulnerability) for package in known for vulnerability in package["vulns"]]
        for package, vulnerability in found:
            why = _EXPLAINED.get(vulnerability["id"])
            wrong += why is None
            mended = ", ".join(vulnerability["fix_versions"]) or "none"
            told = f"{package['name']} {package['version']}: {vulnerability['id']}, mended in {mended}"
            print(f"{directory}: {told}{'' if why is None else f': {why}'}")
        print(f"{directory}: {len(known)} packages audited by {service}, {len(found)} known vulnerabilities")
    return int(wrong > 0)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
