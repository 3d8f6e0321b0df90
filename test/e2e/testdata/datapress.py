"""Serves two datasets of a lake by datapress, the peer of BenchmarkSnapshots: python datapress.py LAKE PORT."""

import asyncio
import sys

from datap_rs.datapress import DataPress, DataPressConfig, DatasetConfig

lake, port = sys.argv[1], int(sys.argv[2])


async def main():
    datasets = [DatasetConfig(name=name, source=f"{lake}/{name}.parquet") for name in ("fact_achats", "client_scores")]
    # Its DuckDB backend loads extensions from the network.
    await DataPress(DataPressConfig(backend="datafusion", listen="127.0.0.1", port=port, workers=2), datasets=datasets).run()


asyncio.run(main())
