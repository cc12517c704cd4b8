"""optimizely/python-sdk and its peers: bucket values under Optimizely's hash; decisions of whole datafiles, imported as sites."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from compiler.contexts import visit_of
from compiler.frontends.optimizely import read
from compiler.frontends.site import Names
from tests.conformance.case import Case
from tests.conformance.flags import compiled, decided
from tessera.assign import HASHES
from tessera.resolved import Bundle
from tessera.types import Visit


def cases(root: Path) -> Iterator[Case]:
    """One case a bucket value, one a decision."""
    for file in sorted((root / "optimizely").glob("bucket_values*.json")):
        for number, row in enumerate(json.loads(file.read_text("utf-8"))["cases"]):
            yield _bucket(f"{file.stem}#{number}", row)
    for file in sorted((root / "optimizely").glob("decide_*.json")):
        suite = json.loads(file.read_text("utf-8"))
        with tempfile.TemporaryDirectory() as folder:
            bundle = compiled(read(json.dumps(suite["datafile"])), Path(folder))
        for row in suite["cases"]:
            visit = visit_of(bundle, {**row["attributes"], "user_id": row["user_id"]})
            for flag, expected in row["decisions"].items():
                yield _decision(f"{file.stem}/{row['user_id']}/{flag}", bundle, visit, flag, expected)


def _bucket(name: str, row: dict[str, Any]) -> Case:
    scheme = HASHES["optimizely"]
    found = scheme.number(row["parent_id"], row["bucketing_id"], scheme.buckets)
    return Case(name, None if found == row["expected_bucket"] else f"expected the bucket {row['expected_bucket']}, got {found}")


def _decision(name: str, bundle: Bundle, visit: Visit, flag: str, expected: dict[str, Any]) -> Case:
    value, variant, decision = decided(bundle, flag, visit)
    rule = None
    if decision.experiment >= 0:
        rule = Names().of(bundle.experiments[decision.experiment].key)
    elif decision.rule >= 0 and variant != "default":  # all of a delivery's traffic, or users who are forced into a variation
        rule = bundle.rules[decision.rule].name.partition("_forced_")[0].partition("_after_")[0]
    found = (None if variant == "default" else variant, value["enabled"], rule)
    wanted = tuple(Names().of(key) if key is not None else None for key in (expected["variation"], expected["rule"]))
    wanted = (wanted[0], expected["enabled"], wanted[1])
    return Case(name, None if found == wanted else f"expected variation, enabled and rule {wanted}, got {found}")
