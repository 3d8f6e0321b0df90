// Where the API is, and how its URLs are written.

/** Parameters in the order in which they are sent. */
export type Params = [name: string, value: string][];

/** The API lies above the page's base, which the server writes into the page: /base/path/m/model/ui/. */
export function apiRoot(base: string): URL {
  return new URL('..', base);
}

/** Joins a path below the API's root and its parameters, such as `datasets/sales/aggregate`. */
export function apiPath(path: string, params: Params): string {
  const query = params.map(([name, value]) => `${encodeURIComponent(name)}=${encodeValue(value)}`).join('&');
  return query === '' ? path : `${path}?${query}`;
}

// Commas, colons and parentheses are the API's own grammar, and allowed in a query: left readable.
function encodeValue(value: string): string {
  return encodeURIComponent(value).replace(/%2C/g, ',').replace(/%3A/g, ':').replace(/%2F/g, '/');
}

/** Writes the items of an `__in` list: those that hold a comma, or start with a quote, are quoted as in CSV. */
export function joinList(items: string[]): string {
  return items.map((item) => (/^"|,|[\r\n]/.test(item) ? `"${item.replace(/"/g, '""')}"` : item)).join(',');
}

/** A row's key as one segment of a path: several fields are joined as in CSV, one is as it is. */
export function keySegment(values: string[]): string {
  return encodeURIComponent(values.length === 1 ? (values[0] ?? '') : joinList(values));
}

/** Reads what joinList wrote. */
export function splitList(text: string): string[] {
  const items: string[] = [];
  const item = /"((?:[^"]|"")*)"(?:,|$)|([^,]*)(?:,|$)/y;
  while (item.lastIndex < text.length) {
    const match = item.exec(text);
    if (!match) break;
    items.push(match[1] === undefined ? (match[2] ?? '') : match[1].replace(/""/g, '"'));
  }
  return items;
}
