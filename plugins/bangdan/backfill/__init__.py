"""Many months at once: what would change (plan), by how much (diff), and doing it (apply, with a journal).

A range is built in one dbt call per layer; months are checked and published one by one, ascending, because each list's
movement reads the release before it. Database, archive and feed follow once, at the end.
"""
