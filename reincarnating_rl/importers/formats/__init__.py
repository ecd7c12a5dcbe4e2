"""Files of other libraries, read as data: nothing in them is run."""
