/**
 * The candidate that a word was meant to be, as the API finds it: the closest by edits, where those are at most a third
 * of the word's letters; undefined where none is close. A candidate that the word begins or ends is close too, and so is
 * one of which it is a part between underscores.
 */
export function nearest(word: string, candidates: string[]): string | undefined {
  const lower = word.toLowerCase();
  let best: string | undefined;
  let least = Math.floor(Array.from(word).length / 3) + (word.length >= 3 ? 2 : 1);
  for (const candidate of candidates) {
    const other = candidate.toLowerCase();
    let distance = edits(lower, other);
    if (lower.length >= 3 && distance > 1 && (other.startsWith(lower) || other.endsWith(lower))) distance = 1;
    for (const part of other.split('_')) {
      if (part.length > 3 && part.length < other.length) distance = Math.min(distance, 1 + edits(lower, part));
    }
    if (distance < least) {
      best = candidate;
      least = distance;
    }
  }
  return best;
}

/** The Levenshtein distance. */
function edits(a: string, b: string): number {
  const [from, to] = [Array.from(a), Array.from(b)];
  let row = Array.from({ length: to.length + 1 }, (_, i) => i);
  for (const [i, x] of from.entries()) {
    const next = [i + 1];
    for (const [j, y] of to.entries()) {
      next.push(Math.min((next[j] ?? 0) + 1, (row[j + 1] ?? 0) + 1, (row[j] ?? 0) + (x === y ? 0 : 1)));
    }
    row = next;
  }
  return row.at(-1) ?? 0;
}
