import { expect, it } from 'vitest';
import { snippets } from './snippets';

it('writes code that runs as it is copied', () => {
  const [curl, pandas, polars, duckdb] = snippets('sales', 12, "https://example.org/o'clock/datasets/sales/rows.parquet?release=12");
  expect(curl?.code).toBe(`curl -fsS -o sales_r12.parquet 'https://example.org/o'\\''clock/datasets/sales/rows.parquet?release=12'`);
  expect(pandas?.code).toContain(`sales = pd.read_parquet("https://example.org/o'clock/datasets/sales/rows.parquet?release=12")`);
  expect(polars?.code).toContain('sales = pl.read_parquet(');
  expect(duckdb?.code).toContain(`read_parquet('https://example.org/o''clock/datasets/sales/rows.parquet?release=12')`);
});

it('names a variable that every language takes', () => {
  expect(snippets('by-day', 1, 'u')[1]?.code).toContain('rows = pd.read_parquet("u")');
});
