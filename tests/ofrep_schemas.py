"""What OpenFeature's own document says of OFREP's answers, for tests to hold every one of them against."""

from __future__ import annotations

import copy
from pathlib import Path
from typing import Any

from jsonschema import Draft202012Validator
from ruamel.yaml import YAML

SCHEMAS = {
    (200, False): "serverEvaluationSuccess", (200, True): "bulkEvaluationSuccess", (400, False): "evaluationFailure", (400, True): "bulkEvaluationFailure",
    (404, False): "flagNotFound", (500, False): "generalErrorResponse", (500, True): "generalErrorResponse",
}  # fmt: skip


class Schemas:
    """The document's schemas.

    As published, a value cannot be valid at all: `codeDefaultFlag`, which is to say that there is none, allows everything, and
    `oneOf` then counts two. Here it forbids a value, as it says in words; and a whole number may be an integer and a float.
    """

    def __init__(self, shared: Path) -> None:
        document = YAML(typ="safe", pure=True).load((shared / "conformance" / "ofrep" / "openapi.yaml").read_text("utf-8"))
        self.document = copy.deepcopy(document)
        schemas = document["components"]["schemas"]
        schemas["codeDefaultFlag"]["not"] = {"required": ["value"]}
        values = schemas["evaluationSuccess"]["allOf"][1]
        values["anyOf"] = values.pop("oneOf")
        names = set(SCHEMAS.values())
        self._validators = {name: Draft202012Validator({"$ref": f"#/components/schemas/{name}", "components": {"schemas": schemas}}) for name in names}

    def problems(self, status: int, body: Any, *, bulk: bool) -> list[str]:
        """What is wrong with an answer."""
        if (status, bulk) not in SCHEMAS:
            return [f"status {status}"]
        return [f"{'/'.join(map(str, error.path))}: {error.message}"[:300] for error in self._validators[SCHEMAS[status, bulk]].iter_errors(body)]
