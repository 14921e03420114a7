"""The stages of a month, from exports to its release, in order: each reads what the one before it has written.

`intake` takes exports in, `building` holds the stages from raw to the candidate with their gates, `publishing` makes the
release, `runs` does a whole month in one process. Every stage takes (settings, first, last): a month is a range of one. It
may be run again at any time, and returns a result of `results`. The command line runs the stages in one process, Airflow
each as a task, a backfill each over its whole range.
"""
