import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { chromium } from 'playwright-core';
import type { TestProject } from 'vitest/node';
import { build, dataFolder, Server } from './program';

declare module 'vitest' {
  export interface ProvidedContext {
    program: string;
    browser: string;
    url: string;
    data: string;
  }
}

/** Builds the program, serves the data and starts the browser, for all files. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const folder = mkdtempSync(join(tmpdir(), 'goldserve-browser-'));
  const program = build(folder);
  const data = dataFolder();
  const server = new Server(program, 'data');
  server.publish(`${data}/gold`);
  await server.start();
  const browser = await chromium.launchServer({
    executablePath: process.env['CHROMIUM'] ?? '/usr/bin/chromium',
    args: ['--no-sandbox', '--disable-gpu', '--disable-component-update', '--disable-quic', '--force-color-profile=srgb', '--font-render-hinting=none'],
  });
  project.provide('program', program);
  project.provide('browser', browser.wsEndpoint());
  project.provide('url', server.url);
  project.provide('data', data);
  return async () => {
    await browser.close();
    await server.stop();
    rmSync(folder, { recursive: true, force: true });
  };
}
