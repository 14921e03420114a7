"""The stages of a month, in order, and the pool that they run in. Imports nothing: DAG, pipeline, backfills and tests read
this one list.
"""

# From loaded exports to the candidate of a release; a backfill runs each over its whole range.
BUILD = ("stage", "match", "score", "certainty", "present")

# The stages that stop a month, and the gate that each asks.
GATES = {"check_raw": "raw_exports", "check_facts": "post_facts", "check_ranking": "ranking"}

# What a month goes through once its exports are loaded. Then it is published, which is called by name.
MONTH = ("check_raw", *BUILD, "check_facts", "check_ranking")


def warehouse_pool(city: str) -> str:
    """Airflow's pool of the tasks that hold a city's warehouse, by the city's name; empty where there is one city only."""
    return f"warehouse_{city}" if city else "warehouse"
