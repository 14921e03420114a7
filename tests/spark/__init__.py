"""Apache Spark against DuckDB: the same rows of every model and of every portable macro."""
