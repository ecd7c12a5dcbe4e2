"""Students with an actor and critics: what they compute, all pure."""
