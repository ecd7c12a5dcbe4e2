"""Command lines: one parser, one form of help, a module or folder a command."""
