// The built package in a real browser: served as files, imported by a page, ten calls, the same bits as here.
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type Browser, chromium, type Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Backend } from '../../src';
import * as lanewise from '../../src';
import { inputs, tenCalls } from './ten-calls.js';

const executablePath = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'].find(existsSync);
if (executablePath === undefined) console.warn('No Chromium found: the browser test is skipped.');

/** What the server serves: this folder, the built package, and what hashes its results. */
const folders = ['./', '../../dist/', '../../scripts/verify/'];

/** The pages, and the headers that each is served with. */
const pages: { [path: string]: { [header: string]: string } } = {
  '/': {},
  '/no-wasm': { 'content-security-policy': "default-src 'none'; script-src 'self'" },
  '/wasm-only': { 'content-security-policy': "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'" },
  '/isolated': { 'cross-origin-opener-policy': 'same-origin', 'cross-origin-embedder-policy': 'require-corp' },
};

describe.skipIf(executablePath === undefined)('Chromium', () => {
  let server: Server;
  let browser: Browser;
  let page: Page;
  const faults: string[] = [];

  beforeAll(async () => {
    server = createServer(async (request, response) => {
      const path = request.url ?? '/';
      if (path in pages) {
        response.writeHead(200, { ...pages[path], 'content-type': 'text/html' });
        response.end('<!doctype html><title>lanewise</title>');
        return;
      }
      const file = folders.map((folder) => new URL(folder + path.slice(1), import.meta.url)).find(existsSync);
      response.setHeader('content-type', 'text/javascript');
      response.setHeader('cross-origin-embedder-policy', 'require-corp'); // which an isolated page asks of its workers
      response.writeHead(file ? 200 : 404).end(file ? await readFile(file) : '');
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    browser = await chromium.launch({
      executablePath,
      args: ['--no-sandbox', '--disable-gpu', '--disable-background-networking', '--disable-component-update'],
    });
    page = await browser.newPage();
    page.on('pageerror', (error) => faults.push(String(error)));
  });

  afterAll(async () => {
    await browser?.close();
    server?.close();
  });

  const simd = lanewise.create({ backend: 'simd' });
  const open = (path: string) => page.goto(`http://127.0.0.1:${(server.address() as AddressInfo).port}${path}`);
  const inPage = async (path: string, backend?: Backend) => {
    await open(path);
    const result = await page.evaluate(
      `Promise.all([import('/index.js'), import('/ten-calls.js')]).then(([lanewise, { tenCalls }]) => {
        return tenCalls(${backend === undefined ? 'lanewise' : `lanewise.create({ backend: '${backend}' })`});
      })`,
    );
    expect(faults).toEqual([]);
    return result;
  };

  test('the same bits as in Node', async () => {
    expect(await inPage('/', 'simd')).toEqual(await tenCalls(simd));
  });

  test('the relaxed backend by default', async () => {
    expect(await inPage('/')).toMatchObject({ backend: 'relaxed', relu: [...lanewise.relu(new Float32Array(inputs))] });
  });

  test('the same hashes of all kernels as in Node', async () => {
    await page.goto(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`);
    const hashes = await page.evaluate(
      `Promise.all([import('/index.js'), import('/fingerprint.js')]).then(([lanewise, { fingerprints }]) => fingerprints(lanewise))`,
    );
    expect(hashes).toEqual(JSON.parse(await readFile(new URL('../golden/hashes.json', import.meta.url), 'utf8')));
  });

  test("a Content-Security-Policy with 'wasm-unsafe-eval' and nothing inline", async () => {
    expect(await inPage('/wasm-only', 'simd')).toEqual(await tenCalls(simd));
  });

  test('a Content-Security-Policy that forbids compiling WebAssembly: the js backend', async () => {
    expect(await inPage('/no-wasm')).toEqual(await tenCalls(lanewise.create({ backend: 'js' })));
  });

  test('the same, where it is asked to warn: once', async () => {
    const warnings: string[] = [];
    const keep = (message: { type(): string; text(): string }) => {
      if (message.type() === 'warning') warnings.push(message.text());
    };
    page.on('console', keep);
    await open('/no-wasm');
    await page.evaluate("import('/index.js').then(({ init, relu }) => init().then(() => relu(new Float32Array(1))))");
    expect(warnings).toEqual([]);
    await page.evaluate(
      "import('/index.js').then(({ init }) => Promise.all([init({ warn: true }), init({ warn: true })]))",
    );
    expect(warnings).toEqual([expect.stringMatching(/^lanewise: WebAssembly with SIMD is missing or forbidden here/)]);
    page.off('console', keep);
  });

  test.each(['/', '/isolated'])('a Web Worker of %s', async (path) => {
    await open(path);
    const result = await page.evaluate(`new Promise((resolve, reject) => {
      const worker = new Worker('/calls-in-worker.js', { type: 'module' });
      worker.onmessage = ({ data }) => resolve(data);
      worker.onerror = ({ message }) => reject(new Error(message));
    })`);
    expect(result).toEqual(await tenCalls(simd));
  });

  test('threads, on a cross-origin isolated page: the same bits as without', async () => {
    await open('/isolated');
    const result = await page.evaluate(`(async () => {
      const { createArena, gelu } = await import('/index.js');
      const { createPool } = await import('/parallel.js');
      const pool = createPool({ threads: 2 });
      const n = 200_003;
      const isSame = (a, b) => a.length === n && a.every((v, i) => Object.is(v, b[i]));
      const fill = (array) => array.map((_, i) => Math.sin(i) * 5);
      const results = {};
      const places = {
        ordinary: new Float32Array(n),
        shared: new Float32Array(new SharedArrayBuffer(4 * n)),
        arena: createArena(4 * n, { shared: true }).float32(n),
      };
      for (const [place, x] of Object.entries(places)) {
        x.set(fill(x));
        const [y, dx] = [gelu(x), gelu.backward(x, x)];
        results[place] = [isSame(await pool.run(gelu, x), y), isSame(await pool.backward(gelu, x, x, { out: x }), dx)];
      }
      try {
        pool.runSync(gelu, new Float32Array(1));
      } catch (error) {
        results.error = String(error);
      }
      await pool.close();
      return results;
    })()`);
    expect(result).toEqual({
      ordinary: [true, true],
      shared: [true, true],
      arena: [true, true],
      error: 'Error: pool.runSync: only Node can block, use pool.run',
    });
    expect(faults).toEqual([]);
  });

  test('threads whose script is missing: the call is told', async () => {
    await page.route('**/worker.js', (route) => route.fulfill({ status: 404, body: '' }));
    await open('/isolated');
    const message = await page.evaluate(`(async () => {
      const { gelu } = await import('/index.js');
      const { createPool } = await import('/parallel.js');
      return createPool({ threads: 2 }).run(gelu, new Float32Array(200_003)).catch(String);
    })()`);
    await page.unroute('**/worker.js');
    expect(message).toBe('Error: lanewise/parallel: a thread could not be started');
  });

  test('threads, on any other page: the error says what it needs', async () => {
    await open('/');
    const message = await page.evaluate(
      `import('/parallel.js').then(({ createPool }) => String(createPool())).catch(String)`,
    );
    expect(message).toMatch(
      /^Error: createPool: .* Cross-Origin-Opener-Policy: same-origin and Cross-Origin-Embedder-Policy: require-corp$/,
    );
  });
});
