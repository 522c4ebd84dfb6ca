"""Opens files, directories, archives, bundles and standard input; hands on text and lines."""
