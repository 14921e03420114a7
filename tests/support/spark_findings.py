"""The checks of Spark that the doctor makes, in their order."""

CHECKS = [
    "spark packages",
    "spark connection",
    "spark time zone",
    "spark ANSI mode",
    "spark workers",
    "spark round trip",
]
