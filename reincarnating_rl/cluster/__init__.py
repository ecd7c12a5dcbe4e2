"""Work on many processes and machines, by Ray."""
