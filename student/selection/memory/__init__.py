"""Memory policies: what of the new rows is kept, and which old ones the student sees again.

A policy is a file here and a line below. Importing this package doesn't load torch.
"""

from __future__ import annotations

from collections.abc import Mapping

from student.selection.memory.balanced import Balanced
from student.selection.memory.memory import Memory, Need, Place
from student.selection.memory.student_view import HeadGradients, StudentView
from student.selection.memory.uniform import Uniform

__all__ = ["MEMORIES", "HeadGradients", "Memory", "Need", "Place", "StudentView"]

MEMORIES: Mapping[str, type[Memory]] = {
    policy.name: policy
    for policy in (
        Uniform,
        Balanced,
    )
}
"""By name, as configs have it."""
