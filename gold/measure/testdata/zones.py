"""Writes zones.tsv: the periods of instants by pandas and Python's zoneinfo.

Run with a Python that has pandas: python zones.py > zones.tsv
"""
import random
from datetime import datetime, timezone
from zoneinfo import ZoneInfo

import pandas as pd

ZONES = ["Europe/Paris", "America/New_York", "America/St_Johns", "Asia/Kolkata", "Australia/Lord_Howe", "America/Sao_Paulo", "Pacific/Apia", "America/Havana"]
random.seed(1)
print("zone\tinstant\thour\tday\tsunday\tmonth\tquarter\tfiscal_quarter\tfiscal_year")
for zone in ZONES:
    tz = ZoneInfo(zone)
    at = []
    # Around every change of the offset in three years, and anywhere.
    step = 1800
    for s in range(int(datetime(2010, 1, 1, tzinfo=timezone.utc).timestamp()), int(datetime(2013, 1, 1, tzinfo=timezone.utc).timestamp()), step):
        if datetime.fromtimestamp(s, tz).utcoffset() != datetime.fromtimestamp(s - step, tz).utcoffset():
            at += [s + d for d in (-86400, -7201, -3600, -1, 0, 1799, 1800, 3599, 3600, 7200, 86399)]
    at += [random.randrange(0, 2_500_000_000) for _ in range(40)]
    for s in at:
        local = pd.Timestamp(s, unit="s", tz=zone)
        naive = local.tz_localize(None)
        hour = pd.Timestamp(s, unit="s", tz="UTC") - pd.Timedelta(minutes=naive.minute, seconds=naive.second)
        sunday = naive.normalize() - pd.Timedelta(days=(naive.weekday() + 1) % 7)
        quarter = naive.to_period("Q-DEC")
        fiscal = naive.to_period("Q-MAR")
        print(zone, f"{pd.Timestamp(s, unit='s'):%Y-%m-%dT%H:%M:%SZ}", f"{hour:%Y-%m-%dT%H:%M:%SZ}", f"{naive:%Y-%m-%d}", f"{sunday:%Y-%m-%d}", f"{naive:%Y-%m}",
              f"{quarter.year}-Q{quarter.quarter}", f"FY{fiscal.qyear}-Q{fiscal.quarter}", f"FY{naive.to_period('Y-MAR').year}", sep="\t")
