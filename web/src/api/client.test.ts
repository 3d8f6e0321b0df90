import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Client } from './client';
import { Problem } from './problem';

let server: Server;
let client: Client;
let asked: string[];
let handle: (request: IncomingMessage, response: ServerResponse) => void;

beforeEach(async () => {
  asked = [];
  server = createServer((request, response) => {
    asked.push(request.url ?? '');
    handle(request, response);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  client = new Client(new URL(`http://127.0.0.1:${(server.address() as AddressInfo).port}/base/`));
});

afterEach(() => {
  server.closeAllConnections();
  server.close();
});

const answer = (response: ServerResponse, headers: Record<string, string> = {}): void => {
  response.writeHead(200, { 'Content-Type': 'application/json', 'Goldserve-Release': 'shop/12', ...headers });
  response.end('{"n":1}');
};
const never = new AbortController().signal;

describe('the client', () => {
  it('asks below its root, and reads the release', async () => {
    handle = (_, response) => { answer(response); };
    expect(await client.get('sales?a=1', never)).toMatchObject({ body: { n: 1 }, release: 12 });
    expect(asked).toEqual(['/base/sales?a=1']);
  });

  it('keeps what never changes, and nothing else', async () => {
    handle = (_, response) => { answer(response, { 'Cache-Control': 'max-age=31536000, immutable' }); };
    await client.get('sales?release=12', never);
    await client.get('sales?release=12', never);
    expect(asked).toHaveLength(1);
    handle = (_, response) => { answer(response, { 'Cache-Control': 'no-cache' }); };
    await client.get('dashboard', never);
    await client.get('dashboard', never);
    expect(asked).toHaveLength(3);
  });

  it('makes one request of the same question asked twice, which one of them may give up', async () => {
    let open: () => void = () => undefined;
    handle = (_, response) => { open = () => { answer(response); }; };
    const gone = new AbortController();
    const first = client.get('sales', gone.signal);
    const second = client.get('sales', never);
    await expect.poll(() => asked.length).toBe(1);
    gone.abort();
    await expect(first).rejects.toThrow();
    open();
    expect((await second).body).toEqual({ n: 1 });
    expect(asked).toHaveLength(1);
  });

  it('cancels a request that nobody waits for', async () => {
    let closed = false;
    handle = (request) => { request.on('close', () => { closed = true; }); };
    const gone = new AbortController();
    const answered = client.get('sales', gone.signal);
    await expect.poll(() => asked.length).toBe(1);
    gone.abort();
    await expect(answered).rejects.toThrow();
    await expect.poll(() => closed).toBe(true);
  });

  it("fails with the server's problem", async () => {
    handle = (_, response) => {
      response.writeHead(503, { 'Content-Type': 'application/problem+json', 'Retry-After': '30' });
      response.end('{"code":"dataset_empty","detail":"nothing is published","request_id":"R1"}');
    };
    const error: unknown = await client.get('sales', never).catch((e: unknown) => e);
    expect(error).toBeInstanceOf(Problem);
    expect(error).toMatchObject({ status: 503, code: 'dataset_empty', message: 'nothing is published', requestID: 'R1', retryAfter: 30 });
  });

  it('says when the server is not there, and tells who waits once it is back', async () => {
    server.close();
    await expect(client.get('sales', never)).rejects.toMatchObject({ status: 0 });
    let told = 0;
    const stop = client.onReached(() => { told++; });
    client.reached();
    stop();
    client.reached();
    expect(told).toBe(1);
  });
});
