"""
Run every benchmark of this folder, one after the other, in its default size.

Figures of one run and their ratios compare; figures of two runs do not.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).parent
NOT_A_BENCHMARK = {"run.py", "sidebyside.py"}


def main() -> int:
    """Run all and return how many failed."""
    failed = 0
    for path in sorted(HERE.glob("*.py")):
        if path.name not in NOT_A_BENCHMARK:
            print(f"\n== {path.name}", flush=True)
            failed += subprocess.run([sys.executable, str(path)], check=False).returncode != 0
    return failed


if __name__ == "__main__":
    raise SystemExit(main())
