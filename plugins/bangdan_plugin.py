"""The Airflow plugin of the project; it names the plugin, so that `airflow plugins` shows which code is loaded."""

from airflow.plugins_manager import AirflowPlugin


class BangdanPlugin(AirflowPlugin):
    name = "bangdan"
