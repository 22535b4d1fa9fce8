"""Read and write the files of a lake, in a folder or in an S3-compatible store."""
