"""A shop's data from CSV files and from the command line: the same kinds, cells and checks."""
