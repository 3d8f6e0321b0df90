import { execFileSync, spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { createInterface } from 'node:readline';

export const project = resolve(import.meta.dirname, '../..');
export const sample = join(project, 'models/retail/sample');

/**
 * The data that figures are compared with: a lake, and beside it the answers that another program computed. They are
 * those of the project's shared data where it is there, else the shipped sample's.
 */
export function dataFolder(): string {
  const shared = process.env['GOLDSERVE_SHARED'];
  if (shared !== undefined && existsSync(join(shared, 'data/retail/gold'))) return join(shared, 'data/retail');
  if (process.env['GOLDSERVE_TEST_REQUIRE'] === '1') throw new Error('GOLDSERVE_SHARED names no folder with data/retail');
  return sample;
}

/** Builds the program into a folder and returns its path. */
export function build(folder: string): string {
  const program = join(folder, 'goldserve');
  execFileSync('go', ['build', '-buildvcs=false', '-o', program, './cmd/goldserve'], { cwd: project, stdio: 'inherit' });
  return program;
}

/** Runs a command of the program to its end. */
function run(program: string, ...args: string[]): string {
  return execFileSync(program, args, { cwd: dirname(program), encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });
}

/** A server of a store that lies beside the program. */
export class Server {
  url = '';
  #process: ChildProcess | undefined;
  readonly #program: string;
  readonly store: string;

  constructor(program: string, name: string) {
    this.#program = program;
    this.store = `sqlite:${join(dirname(program), `${name}.db`)}`;
  }

  /** Publishes a lake. */
  publish(lake: string, ...args: string[]): void {
    this.run('publish', '--lake', lake, ...args);
  }

  /** Runs another command on the store. */
  run(command: string, ...args: string[]): void {
    run(this.#program, command, '--store', this.store, ...args);
  }

  /** Starts serving; `listen` keeps an address over a restart. */
  async start(...args: string[]): Promise<void> {
    const listen = this.url === '' ? '127.0.0.1:0' : new URL(this.url).host;
    const started = spawn(this.#program, ['serve', '--store', this.store, '--listen', listen, '--cache-dir', 'none', '--drain', '0s', '--poll', '100ms', '--log', 'json', ...args], { cwd: dirname(this.#program), stdio: ['ignore', 'ignore', 'pipe'] });
    this.#process = started;
    const log: string[] = [];
    for await (const line of createInterface({ input: started.stderr })) {
      log.push(line);
      const record = JSON.parse(line) as { msg: string; url?: string };
      if (record.msg === 'serving' && record.url !== undefined) {
        this.url = record.url;
        started.stderr.resume();
        return;
      }
    }
    throw new Error(`goldserve serve ended:\n${log.join('\n')}`);
  }

  async stop(): Promise<void> {
    const running = this.#process;
    this.#process = undefined;
    if (running?.exitCode !== null) return;
    running.kill('SIGTERM');
    await once(running, 'exit');
  }
}

/** Reads the rows of an endpoint that another program computed. */
export function expectedRows(data: string, name: string): Record<string, unknown>[] {
  return JSON.parse(readFileSync(join(data, 'expected', `${name}.json`), 'utf8')) as Record<string, unknown>[];
}

/** Reads the key figures that another program computed. */
export function expectedFigures(data: string): Record<string, number> {
  return JSON.parse(readFileSync(join(data, 'expected', 'kpis.json'), 'utf8')) as Record<string, number>;
}

interface Question {
  url: string;
  figures?: Record<string, number | null>;
  data?: Record<string, unknown>[];
}

/** Finds a filtered question by its URL, with the answer that another program computed. */
export function question(data: string, url: RegExp): Question {
  const questions = JSON.parse(readFileSync(join(data, 'questions.json'), 'utf8')) as Question[];
  const found = questions.find((q) => url.test(q.url));
  if (!found) throw new Error(`no question ${url}`);
  return found;
}
