"""Read from the files of a release what the pages show."""
