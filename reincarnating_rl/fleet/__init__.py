"""Many seeds of one experiment in one program, environments included."""
