"""The learner: losses, terms, objective and update, all pure."""
