"""The table of students: what learns, on which Dopamine agent.

A `StudentKind` is data. To add a student, add an entry to `values.py` or
`control.py`, what it computes (`learner/value_function.py` or
`learner/control/actor_critic.py`) if nothing there fits, and a network.
"""

from reincarnating_rl.students import control, values
from reincarnating_rl.students.kind import StudentKind as StudentKind

STUDENTS: dict[str, StudentKind] = {
  kind.name: kind for kind in (*values.KINDS, *control.KINDS)
}
