"""What CodeCarbon 3.3.2 itself makes of the inputs on standard input, for the tests of package eco to compare with."""

import json
import os
import sys
import time
from unittest import mock

from codecarbon.core.cpu import IntelRAPL
from codecarbon.core.emissions import Emissions
from codecarbon.core.units import Energy, Time
from codecarbon.external.geography import GeoMetadata
from codecarbon.external.hardware import CPU
from codecarbon.external.ram import RAM
from codecarbon.input import DataSource
from codecarbon.output_methods.emissions_data import EmissionsData
from codecarbon.output_methods.file import FileOutput

task = json.load(sys.stdin)
out = {"columns": list(EmissionsData.__annotations__)}

# Processors by load, mode "process": load is the part of all hardware threads.
out["cpu"] = []
for case in task["cpu"]:
    cpu = CPU(output_dir=".", mode="cpu_load", model="", tdp=case["tdp"], tracking_mode="process")
    cpu._cpu_count = case["threads"]
    cpu._last_measurement_time = 1000.0
    cpu._last_cpu_times = {1: 0.0}
    used = case["load"] * case["threads"] * case["seconds"]
    with mock.patch.object(cpu, "_get_process_cpu_times", return_value={1: used}), mock.patch.object(time, "time", return_value=1000.0 + case["seconds"]):
        power = cpu._get_power_from_cpu_load()
    out["cpu"].append(Energy.from_power_and_time(power=power, time=Time.from_seconds(case["seconds"])).kWh)

ram = RAM()
ram.is_arm_cpu = task["arm"]
out["ram"] = [ram._calculate_ram_power(gb) for gb in task["ram"]]

geo = GeoMetadata(country_iso_code="FRA", country_name="France")
out["kg"] = [
    Emissions(DataSource(), force_carbon_intensity_g_co2e_kwh=case["grams"]).get_private_infra_emissions(Energy(case["kwh"]), geo) for case in task["kg"]
]

# RAPL: the folder holds the state before; the files of "after" are its state afterwards.
meter = IntelRAPL(rapl_dir=task["rapl"])
meter.start()
for path, text in task["after"].items():
    with open(os.path.join(task["rapl"], path), "w") as f:
        f.write(text)
details = meter.get_cpu_details(Time.from_seconds(15))
out["rapl"] = sum(kwh for name, kwh in details.items() if "Energy Delta" in name)

# A row of CodeCarbon's in a file that goldserve wrote, and one in its own file.
row = dict(task["row"])
for folder in task["folders"]:
    FileOutput("emissions.csv", folder).out(EmissionsData(**row), None)

json.dump(out, sys.stdout)
