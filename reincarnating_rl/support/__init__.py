"""What every room leans on: errors, files, interrupts, versions."""
