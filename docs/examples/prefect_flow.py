"""A Prefect flow that builds and publishes a lake every 15 minutes, and retries what a retry can mend."""

import subprocess

from prefect import flow, task
from prefect.tasks import exponential_backoff

UNAVAILABLE = 4  # the only exit code that is worth a retry


class Ended(Exception):
    """Tells that goldserve ended with an exit code other than 0."""

    def __init__(self, code):
        super().__init__(f"exit code {code}")
        self.code = code


def unavailable(task, run, state):
    ended = state.result(raise_on_failure=False)
    return isinstance(ended, Ended) and ended.code == UNAVAILABLE


@task(retries=5, retry_delay_seconds=exponential_backoff(backoff_factor=10), retry_condition_fn=unavailable, log_prints=True)
def run(lake):
    command = ["goldserve", "run", "--lake", lake]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as process:
        for line in process.stdout:
            print(line.rstrip())
    if process.returncode != 0:
        raise Ended(process.returncode)


@flow
def publish(lake: str):
    run(lake)


if __name__ == "__main__":
    publish.serve(name="every-15-minutes", cron="*/15 * * * *", parameters={"lake": "/srv/lake"})
