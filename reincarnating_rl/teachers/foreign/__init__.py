"""Teachers of other libraries, converted once to networks of our own."""
