/** An id or hash by its first digits, as people compare it; the whole of it is its title. */
export function ShortId({ of }: { of: string }) {
  return <code title={of}>{of.slice(0, 12)}</code>;
}
