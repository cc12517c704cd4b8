"""The difference of two bundles in what visitors see: docs/diff.md."""

from compiler.diff.compare import compare
from compiler.diff.markdown import markdown
from compiler.diff.plan import Plan
from compiler.diff.report import Report, as_json
from compiler.diff.visitors import Visitor

__all__ = ["Plan", "Report", "Visitor", "as_json", "compare", "markdown"]
