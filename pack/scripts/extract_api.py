#!/usr/bin/env python3
"""Fetches the rows of this pack's release from a goldserve server, as CSV.

python extract_api.py [FILE]

The server is GOLDSERVE_URL (default: http://127.0.0.1:8080); GOLDSERVE_TOKEN is sent as a bearer token where it is set. Rows come page by
page. A server that is overloaded or starting is asked again after the time that its Retry-After names. Nothing but Python is needed.
"""
import csv
import datetime
import email.utils
import json
import os
import sys
import time
import urllib.error
import urllib.parse
import urllib.request

SERVER = os.environ.get("GOLDSERVE_URL", "http://127.0.0.1:8080")
FIRST = "@PATH@"
COLUMNS = ["@COLUMNS@"]
PAGE = int(os.environ.get("GOLDSERVE_PAGE", "1000"))
TRIES = 8


def seconds(retry_after, tried):
    """The time to wait: what the server says, in seconds or as a date, else twice as long each time. At most a minute."""
    if retry_after and retry_after.strip().isdigit():
        return min(int(retry_after), 60)
    if retry_after:
        try:
            until = email.utils.parsedate_to_datetime(retry_after)
            return min(max((until - datetime.datetime.now(datetime.timezone.utc)).total_seconds(), 0), 60)
        except (TypeError, ValueError):
            pass
    return min(2**tried, 60)


def get(url):
    request = urllib.request.Request(url, headers={"Accept": "application/json"})
    if os.environ.get("GOLDSERVE_TOKEN"):
        request.add_header("Authorization", "Bearer " + os.environ["GOLDSERVE_TOKEN"])
    for tried in range(TRIES):
        try:
            with urllib.request.urlopen(request, timeout=60) as answer:
                return json.load(answer)
        except urllib.error.HTTPError as e:
            if e.code not in (429, 503) or tried == TRIES - 1:
                sys.exit(f"{url}: {e.code} {e.read().decode('utf-8', 'replace')}")
            wait = seconds(e.headers.get("Retry-After"), tried)
        except urllib.error.URLError as e:
            if tried == TRIES - 1:
                sys.exit(f"{url}: {e.reason}")
            wait = seconds(None, tried)
        print(f"asking again in {wait:.0f} s", file=sys.stderr)
        time.sleep(wait)


def rows():
    # A path is taken from the server's address, below which it may lie: https://host/gold.
    base = SERVER.rstrip("/")
    url = f"{base}{FIRST}&limit={PAGE}"
    while url:
        page = get(url)
        yield from page["data"]
        following = page["meta"].get("next")
        url = urllib.parse.urljoin(url, following) if following else None


def text(value):
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e15:
        return str(int(value))
    return str(value)


def main():
    out = open(sys.argv[1], "w", newline="", encoding="utf-8") if len(sys.argv) > 1 else sys.stdout
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(COLUMNS)
    count = 0
    for row in rows():
        writer.writerow([text(row.get(c)) for c in COLUMNS])
        count += 1
    out.flush()
    print(count, "rows", file=sys.stderr)


main()
