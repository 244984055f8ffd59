"""Memory policies: what of the new rows is kept, and which old ones the student sees again.

A policy is a file here and a line below. Importing this package doesn't load torch.
"""

from __future__ import annotations

from collections.abc import Mapping

from student.selection.memory.aum import Aum
from student.selection.memory.balanced import Balanced
from student.selection.memory.data_oob import DataOob
from student.selection.memory.forgetting import Forgetting
from student.selection.memory.herding import Herding
from student.selection.memory.influence import Influence
from student.selection.memory.knn_shapley import KnnShapley
from student.selection.memory.less import Less
from student.selection.memory.loss import Loss
from student.selection.memory.memory import Memory, Need, Place
from student.selection.memory.mir import MaximallyInterfered
from student.selection.memory.reservoir import Reservoir
from student.selection.memory.student_view import HeadGradients, StudentView
from student.selection.memory.tracin import TracIn
from student.selection.memory.uniform import Uniform

__all__ = ["MEMORIES", "HeadGradients", "Memory", "Need", "Place", "StudentView"]

MEMORIES: Mapping[str, type[Memory]] = {
    policy.name: policy
    for policy in (
        Uniform,
        Balanced,
        Reservoir,
        Herding,
        Loss,
        Forgetting,
        MaximallyInterfered,
        KnnShapley,
        DataOob,
        TracIn,
        Less,
        Influence,
        Aum,
    )
}
"""By name, as configs have it."""
