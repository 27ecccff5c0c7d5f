// The built package in a real browser: served as files, imported by a page, ten calls, the same bits as here.
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type Browser, chromium, type Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Backend } from '../../src';
import * as lanewise from '../../src';
import { tenCalls } from './ten-calls.js';

const executablePath = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'].find(existsSync);
if (executablePath === undefined) console.warn('No Chromium found: the browser test is skipped.');

/** What the server serves: this folder, the built package, and what hashes its results. */
const folders = ['./', '../../dist/', '../../scripts/verify/'];

const pages: { [path: string]: string | undefined } = {
  '/': undefined,
  '/no-wasm': "default-src 'none'; script-src 'self'",
  '/wasm-only': "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'",
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
        const policy = pages[path];
        if (policy !== undefined) response.setHeader('content-security-policy', policy);
        response.setHeader('content-type', 'text/html');
        response.end('<!doctype html><title>lanewise</title>');
        return;
      }
      const file = folders.map((folder) => new URL(folder + path.slice(1), import.meta.url)).find(existsSync);
      response.setHeader('content-type', 'text/javascript');
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
  const x = Array.from({ length: 67 }, (_, i) => (i - 33) / 4);
  const inPage = async (path: string, backend?: Backend) => {
    await page.goto(`http://127.0.0.1:${(server.address() as AddressInfo).port}${path}`);
    const result = await page.evaluate(
      `Promise.all([import('/index.js'), import('/ten-calls.js')]).then(([lanewise, { tenCalls }]) => {
        return tenCalls(${backend === undefined ? 'lanewise' : `lanewise.create({ backend: '${backend}' })`}, ${JSON.stringify(x)});
      })`,
    );
    expect(faults).toEqual([]);
    return result;
  };

  test('the same bits as in Node', async () => {
    expect(await inPage('/', 'simd')).toEqual(await tenCalls(simd, x));
  });

  test('the relaxed backend by default', async () => {
    expect(await inPage('/')).toMatchObject({ backend: 'relaxed', relu: [...lanewise.relu(new Float32Array(x))] });
  });

  test('the same hashes of all kernels as in Node', async () => {
    await page.goto(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`);
    const hashes = await page.evaluate(
      `Promise.all([import('/index.js'), import('/fingerprint.js')]).then(([lanewise, { fingerprints }]) => fingerprints(lanewise))`,
    );
    expect(hashes).toEqual(JSON.parse(await readFile(new URL('../golden/hashes.json', import.meta.url), 'utf8')));
  });

  test("a Content-Security-Policy with 'wasm-unsafe-eval' and nothing inline", async () => {
    expect(await inPage('/wasm-only', 'simd')).toEqual(await tenCalls(simd, x));
  });

  test('a Content-Security-Policy that forbids compiling WebAssembly: the js backend', async () => {
    expect(await inPage('/no-wasm')).toEqual(await tenCalls(lanewise.create({ backend: 'js' }), x));
  });
});
