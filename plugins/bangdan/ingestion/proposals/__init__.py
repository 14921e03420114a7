"""Parts of a proposed mapping: what names mean, samples of a file, which column fills which, the YAML."""
