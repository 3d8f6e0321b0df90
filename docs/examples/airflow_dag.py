"""An Airflow DAG that builds and publishes a lake every 15 minutes, and retries what a retry can mend."""

import subprocess
from datetime import datetime, timedelta, timezone

from airflow.sdk import dag, task
from airflow.sdk.exceptions import AirflowException, AirflowFailException

UNAVAILABLE = 4  # the only exit code that is worth a retry


@dag(
    schedule="*/15 * * * *",
    start_date=datetime(2026, 1, 1, tzinfo=timezone.utc),
    catchup=False,
    max_active_runs=1,
    params={"lake": "/srv/lake"},
)
def goldserve_run():
    @task(retries=5, retry_delay=timedelta(seconds=10), retry_exponential_backoff=True)
    def run(lake):
        command = ["goldserve", "run", "--lake", lake]
        with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as process:
            for line in process.stdout:
                print(line.rstrip())
        ended = f"exit code {process.returncode}"
        if process.returncode == UNAVAILABLE:
            raise AirflowException(ended)
        if process.returncode != 0:
            raise AirflowFailException(ended)  # which is not retried

    run("{{ params.lake }}")


goldserve_run()
