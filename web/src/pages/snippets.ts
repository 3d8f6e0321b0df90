// The same dataset as code that runs as it is copied: each reads the whole of it, of one release, from its own URL.

export interface Snippet {
  id: 'curl' | 'pandas' | 'polars' | 'duckdb';
  name: string;
  code: string;
}

/** Code that reads the Parquet file of a dataset at a URL. */
export function snippets(dataset: string, release: number, url: string): Snippet[] {
  const variable = /^[A-Za-z_]\w*$/.test(dataset) ? dataset : 'rows';
  return [
    { id: 'curl', name: 'curl', code: `curl -fsS -o ${shellQuote(`${dataset}_r${release}.parquet`)} ${shellQuote(url)}` },
    { id: 'pandas', name: 'pandas', code: `import pandas as pd\n\n${variable} = pd.read_parquet(${JSON.stringify(url)})` },
    { id: 'polars', name: 'Polars', code: `import polars as pl\n\n${variable} = pl.read_parquet(${JSON.stringify(url)})` },
    { id: 'duckdb', name: 'DuckDB', code: `SELECT *\nFROM read_parquet('${url.replace(/'/g, "''")}')\nLIMIT 100;` },
  ];
}

function shellQuote(text: string): string {
  return /^[\w./:-]+$/.test(text) ? text : `'${text.replace(/'/g, `'\\''`)}'`;
}
