"""Files and database of a release: CSV, JSON, Parquet, XLSX, the analysts' database."""
