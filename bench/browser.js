// npm run bench:browser [-- --n 1e6 --rounds 30 --node PATH]: plain loops and lanewise in an arena, in Node and in the browsers that
// are installed; prints a table in Markdown, as docs/environments.md has it.

import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { cpus } from 'node:os';
import { fileURLToPath } from 'node:url';
import { parseArgs, promisify } from 'node:util';
import puppeteer from 'puppeteer-core';

const { values: flags } = parseArgs({
  options: {
    n: { type: 'string', default: '1e6' },
    rounds: { type: 'string', default: '30' },
    node: { type: 'string', default: process.execPath },
  },
});
const names = ['relu', 'leakyRelu', 'elu', 'sigmoid', 'tanh', 'silu', 'gelu', 'softplus', 'mish'];
const options = JSON.stringify({ names, n: Number(flags.n), rounds: Number(flags.rounds) });
const root = new URL('../', import.meta.url);

/** A program for Node and for pages, of which the result is the last value. */
const measure = (folder) => `Promise.all(
  ['dist/index.js', 'bench/plain.js', 'bench/turns.js'].map((file) => import('${folder}' + file)),
).then(([lanewise, { plain }, { turns }]) => ({ backend: lanewise.backend, rows: turns(lanewise, plain, ${options}) }))`;

async function inNode() {
  const program = `${measure(root.href)}.then((result) => console.log(JSON.stringify({ title: 'Node ' + process.versions.node, ...result })))`;
  const { stdout } = await promisify(execFile)(flags.node, ['--input-type=module', '--eval', program]);
  return JSON.parse(stdout);
}

async function inBrowser(browser, executablePath, origin) {
  const args = browser === 'chrome' ? ['--no-sandbox', '--disable-gpu', '--disable-background-networking'] : [];
  const running = await puppeteer.launch({ browser, executablePath, args, protocolTimeout: 600_000 });
  const page = await running.newPage();
  await page.goto(origin);
  const result = await page.evaluate(measure('/'));
  const version = await running.version();
  await running.close();
  return {
    title: version
      .replace(/^Headless/, '')
      .replace('firefox', 'Firefox')
      .replace('/', ' ')
      .replace(/(\d+)\..*/, '$1'),
    ...result,
  };
}

const server = createServer(async (request, response) => {
  const file = new URL(`.${request.url}`, root);
  const isThere = request.url !== '/' && existsSync(file);
  response.writeHead(200, {
    'content-type': isThere ? 'text/javascript' : 'text/html',
    'cross-origin-opener-policy': 'same-origin', // clocks tick faster on isolated pages
    'cross-origin-embedder-policy': 'require-corp',
  });
  response.end(isThere ? await readFile(fileURLToPath(file)) : '<!doctype html><title>lanewise</title>');
});
await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
const origin = `http://127.0.0.1:${server.address().port}/`;

const results = [await inNode()];
for (const [browser, paths] of Object.entries({
  chrome: ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'],
  firefox: ['/usr/bin/firefox-esr', '/usr/bin/firefox'],
})) {
  const path = paths.find(existsSync);
  if (path === undefined) console.warn(`No ${browser} found: looked for ${paths.join(', ')}.`);
  else results.push(await inBrowser(browser, path, origin));
}
server.close();

console.log(`${cpus()[0].model}; ns per element, plain loop and lanewise, and how many times faster that is\n`);
console.log(`| | ${results.map(({ title, backend }) => `${title}, \`${backend}\``).join(' | ')} |`);
console.log(`|---|${'---|'.repeat(results.length)}`);
for (const [i, name] of names.entries()) {
  const cells = results.map(
    ({
      rows: {
        [i]: { loop, own },
      },
    }) => `${loop.toPrecision(3)}, ${own.toPrecision(3)}: ${(loop / own).toFixed(1)} x`,
  );
  console.log(`| ${name} | ${cells.join(' | ')} |`);
}
