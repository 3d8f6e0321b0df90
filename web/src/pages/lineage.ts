import type { components } from '../api/schema';

// Which tables a dataset was made of, and where they stand in a drawing of it.

type Schemas = components['schemas'];

/** What made a dataset: its own table is the last, and each stands after those that it reads. */
export type Lineage = Schemas['Lineage'];
/** A table of a build: a source of raw files, one that a file of SQL makes, or a derived dataset. */
export type LineageTable = Schemas['LineageTable'];

/** Where a table stands: its level is after those of all that it reads, its slot beside the others of its level. */
export interface Place {
  level: number;
  slot: number;
}

/** A line from a table to one that reads it, level by level. */
export interface Line {
  from: string;
  to: string;
  places: Place[];
}

export interface Drawing {
  levels: number;
  slots: number;
  places: Map<string, Place>;
  lines: Line[];
}

/** Lays tables out in levels. A line that passes a level has a slot of its own there, so that it crosses no table. */
export function draw(tables: LineageTable[]): Drawing {
  const level = new Map<string, number>();
  const reads = (table: LineageTable): string[] => [...new Set(table.reads)].filter((name) => level.has(name));
  const before = new Map<string, string[]>(); // by table or lane: what it comes after, of the level before
  const levels: string[][] = [];
  const put = (key: string, at: number, after: string[]): void => {
    before.set(key, after);
    (levels[at] ??= []).push(key);
  };
  const lines: { from: string; to: string; keys: string[] }[] = [];
  for (const table of tables) {
    const own = Math.max(-1, ...reads(table).map((name) => level.get(name) ?? 0)) + 1;
    const last = reads(table).map((from) => {
      const keys = [from];
      for (let at = (level.get(from) ?? 0) + 1; at < own; at++) {
        const lane = `${from}\n${at}`; // shared by all lines from one table
        if (!before.has(lane)) put(lane, at, [keys.at(-1) ?? from]);
        keys.push(lane);
      }
      lines.push({ from, to: table.name, keys: [...keys, table.name] });
      return keys.at(-1) ?? from;
    });
    level.set(table.name, own);
    put(table.name, own, last);
  }
  untangle(levels, before);
  const slots = Math.max(0, ...levels.map((keys) => keys.length));
  const places = new Map(levels.flatMap((keys, at) => keys.map((key, i): [string, Place] => [key, { level: at, slot: i + (slots - keys.length) / 2 }])));
  return {
    levels: levels.length,
    slots,
    places: new Map(tables.flatMap(({ name }) => entry(places, name))),
    lines: lines.map(({ from, to, keys }) => ({ from, to, places: keys.flatMap((key) => places.get(key) ?? []) })),
  };
}

function entry(places: Map<string, Place>, name: string): [string, Place][] {
  const place = places.get(name);
  return place ? [[name, place]] : [];
}

/** Orders each level by where its neighbours stand, forwards and backwards, so that few lines cross. */
function untangle(levels: string[][], before: Map<string, string[]>): void {
  const after = new Map<string, string[]>();
  for (const [key, keys] of before) for (const earlier of keys) after.set(earlier, [...(after.get(earlier) ?? []), key]);
  const sort = (at: number, beside: number, neighbours: Map<string, string[]>): void => {
    const there = levels[beside];
    const here = levels[at];
    if (!there || !here) return;
    const middle = (key: string, i: number): number => {
      const found = (neighbours.get(key) ?? []).map((name) => there.indexOf(name));
      return found.length === 0 ? i : found.reduce((sum, slot) => sum + slot, 0) / found.length;
    };
    const order = new Map(here.map((key, i) => [key, middle(key, i)]));
    here.sort((a, b) => (order.get(a) ?? 0) - (order.get(b) ?? 0));
  };
  for (let at = levels.length - 2; at >= 0; at--) sort(at, at + 1, after);
  for (let at = 1; at < levels.length; at++) sort(at, at - 1, before);
}

/** The stage and the name of a table: bronze, achats. */
export function partsOfName(name: string): [stage: string, name: string] {
  const [, stage = '', rest = name] = /^(\w+)\.(.+)$/.exec(name) ?? [];
  return [stage, rest];
}
