"""What others read of the site: files of figures, feeds, catalogues of data, and pictures of links."""
