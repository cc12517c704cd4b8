"""scripts/soak, for a short while: mixed requests against one Worker leave nothing behind."""

from __future__ import annotations

import re
import subprocess
import sys

from host.tools import ROOT


def test_mixed_requests_leave_nothing_behind() -> None:
    # so short a run cannot tell whether memory has settled, hence the allowance; what Python holds is exact
    command = [sys.executable, ROOT / "scripts" / "soak", "--requests", "2000", "--allow", "150"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stdout + done.stderr
    assert re.search(r"2,000 requests: .* 0 wrong answers, 0 complaints", done.stdout)
