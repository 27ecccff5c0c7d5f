// The built page in Chromium, as a visitor has it: its four parts, its looks, its weight, and that it asks nobody else for anything.
// With SCREENSHOTS=1 the pictures of docs/ are made anew.

import { existsSync } from 'node:fs';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { createRequire } from 'node:module';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { type Browser, chromium, type Page } from 'playwright-core';
import { build, type PreviewServer, preview } from 'vite';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';

const executablePath = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'].find(existsSync);
if (executablePath === undefined) console.warn('No Chromium found: the tests of the page are skipped.');

const axe = createRequire(import.meta.url).resolve('axe-core/axe.min.js');
const configFile = new URL('../vite.config.ts', import.meta.url).pathname;
const pages = ['explore', 'race', 'picture', 'learn'];

describe.skipIf(executablePath === undefined)('the page', () => {
  let folder: string;
  let server: PreviewServer;
  let origin: string;
  let browser: Browser;
  let page: Page;
  let faults: string[];

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'lanewise-web-'));
    await build({ configFile, logLevel: 'error', build: { outDir: folder, emptyOutDir: true } });
    server = await preview({
      configFile,
      logLevel: 'error',
      build: { outDir: folder },
      preview: { port: 0, host: '127.0.0.1' },
    });
    origin = `http://127.0.0.1:${(server.httpServer.address() as AddressInfo).port}`;
    browser = await chromium.launch({
      executablePath,
      args: [
        ...['--no-sandbox', '--disable-gpu', '--disable-background-networking', '--disable-component-update'],
        ...['--use-fake-device-for-media-stream', '--use-fake-ui-for-media-stream'],
      ],
    });
    const context = await browser.newContext({ permissions: ['camera', 'clipboard-read', 'clipboard-write'] });
    page = await context.newPage();
    watch();
  });

  afterAll(async () => {
    await browser?.close();
    await server?.close();
    if (folder) await rm(folder, { recursive: true });
  });

  beforeEach(async () => {
    faults = [];
    await look(1180, 'light');
    return () => expect(faults).toEqual([]);
  });

  /** Records whatever should not happen. */
  function watch(): void {
    page.on('pageerror', (error) => faults.push(String(error)));
    page.on('console', (message) => {
      if (['error', 'warning'].includes(message.type())) faults.push(message.text());
    });
    page.on('request', (request) => {
      const url = request.url();
      if (![`${origin}/`, `blob:${origin}/`, 'data:'].some((own) => url.startsWith(own)))
        faults.push(`requests ${url}`);
    });
    page.on('requestfailed', (request) => {
      // Going to another page ends what is still under way.
      const text = request.failure()?.errorText;
      if (text !== 'net::ERR_ABORTED') faults.push(`${request.url()}: ${text}`);
    });
  }

  async function look(width: number, colorScheme: 'light' | 'dark'): Promise<void> {
    await page.setViewportSize({ width, height: 900 });
    await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' });
  }

  const go = (hash: string) => page.goto(`${origin}/${hash}`);

  /** As a new visitor. */
  async function open(hash: string): Promise<void> {
    await page.goto('about:blank');
    await go(hash);
  }

  /** Bytes of some of the built files. */
  async function gzipped(files: readonly string[]): Promise<number> {
    const contents = await Promise.all(files.map((file) => readFile(join(folder, file))));
    return contents.reduce((sum, content) => sum + gzipSync(content, { level: 9 }).length, 0);
  }

  const alerts = async () => (await page.locator('.notice:visible, .fault:visible').allTextContents()).join('\n');
  const button = (name: string) => page.getByRole('button', { name, exact: true });

  async function explored(): Promise<void> {
    await page.locator('.scroll tbody td', { hasText: 'ULP' }).first().waitFor();
  }

  async function raced(): Promise<void> {
    await button('Start').click();
    await page.getByText('Done. Medians').waitFor();
  }

  async function pictured(): Promise<void> {
    await page.locator('figure').nth(5).waitFor();
  }

  async function trained(epochs: number): Promise<void> {
    await button('Train').click();
    await page.getByText(`Epoch ${epochs}:`).waitFor();
    await button('Train').and(page.locator(':enabled')).waitFor();
  }

  describe('Explore', () => {
    test('values, derivatives and errors of what the address names', async () => {
      await open('#explore?f=relu&f=elu:alpha=0.5&from=-2&to=2');
      await explored();
      expect(await page.locator('.card h2').allTextContents()).toEqual(['relu', 'elu']);
      expect(await page.locator('.chip[aria-pressed=true]').allTextContents()).toEqual(['elu', 'relu']);
      expect(await page.locator('.uplot').count()).toBe(3);
      expect(await page.locator('.formula math').count()).toBe(2);
      // To the left end of the interval, by the keyboard.
      await page.getByRole('slider', { name: 'x of the table' }).press('Home');
      expect(await page.locator('.at').textContent()).toBe('x = −2');
      const rows = await page.locator('.scroll tbody tr').allInnerTexts();
      expect(rows[0].split('\t').slice(0, 3)).toEqual(['relu', '0', '0']);
      expect(rows[1].split('\t').slice(0, 3)).toEqual(['elu', '−0.4323324', '0.06766764']); // (e^-2 - 1) / 2, e^-2 / 2
      for (const error of rows[1].split('\t').slice(3, 5)) expect(Number.parseFloat(error)).toBeLessThan(2);
      expect(await alerts()).toBe('');
    });

    test('what is chosen goes into the address, and comes back from it', async () => {
      await open('#explore?f=relu');
      await explored();
      await button('softplus').click();
      await page.getByLabel('beta', { exact: true }).fill('2.5');
      await page.getByLabel('beta', { exact: true }).press('Enter');
      await page.getByLabel('From x', { exact: true }).fill('-8');
      await page.getByLabel('From x', { exact: true }).press('Enter');
      await page.waitForURL('**/#explore?f=relu&f=softplus:beta=2.5&from=-8');
      await page.getByRole('link', { name: 'Race' }).click();
      await page.getByRole('heading', { name: 'Race' }).waitFor();
      await page.getByRole('link', { name: 'Explore' }).click();
      await page.waitForURL('**/#explore?f=relu&f=softplus:beta=2.5&from=-8');
      await page.reload();
      await explored();
      expect(await page.getByLabel('beta', { exact: true }).inputValue()).toBe('2.5');
      await button('Remove relu').click();
      await page.waitForURL('**/#explore?f=softplus:beta=2.5&from=-8');
      await go('#explore?f=tanh');
      await page.getByRole('button', { name: 'Remove tanh' }).waitFor();
      expect(await page.getByLabel('From x', { exact: true }).inputValue()).toBe('-4');
    });

    test('the pointer shows values', async () => {
      await open('#explore?f=relu');
      await explored();
      const box = await page.locator('.u-over').first().boundingBox();
      if (box === null) throw new Error('no chart');
      await page.mouse.move(box.x + 0.75 * box.width, box.y + 0.5 * box.height);
      // The point next to x = 2; they are 1 / 60 apart.
      await page.waitForFunction(() => /^x = (1\.98|2$|2\.01)/.test(document.querySelector('.at')?.textContent ?? ''));
      expect(Number(await page.locator('.scroll tbody td').first().textContent())).toBeCloseTo(2, 1);
    });

    test.each([
      ['f=nothing', 'There is no activation “nothing”.'],
      ['f=relu&f=relu', 'relu is there twice.'],
      ['f=elu:alpha=wide', 'elu: alpha must be a number, got “wide”.'],
      ['f=elu:gamma=1', 'elu has no option “gamma”.'],
      ['f=elu&from=-1e99', 'From x must be from -1000 to 1000, got -1e99.'],
      ['f=elu&from=3&to=2', '“From x” must be less than “to x”, got 3 and 2.'],
      ['f=silu:beta=1e30', 'silu.with: option beta must be from 0.00001 to 100000, got 1e+30'],
      ['f=gelu:approximate=erf', 'gelu: approximate must be one of none, tanh, got “erf”.'],
    ])('%s: %s', async (query, message) => {
      await go(`#explore?${query}`);
      await page.getByText(message).waitFor();
    });
  });

  describe('Race', () => {
    test('medians of every way, and the table as Markdown', async () => {
      await open('#race?activations=relu&n=1000&threads=2');
      await raced();
      expect(await page.locator('.tracks h2').allTextContents()).toEqual(['relu']);
      const figures = await page.locator('.lane').allInnerTexts();
      expect(figures).toHaveLength(4);
      for (const text of figures) expect(text).toMatch(/[\d.e-]+ ns/);
      await button('Copy as Markdown').click();
      await page.getByText('Copied.').waitFor();
      const lines = (await page.evaluate(() => navigator.clipboard.readText())).split('\n');
      expect(lines[0]).toBe(
        '| ns per element | plain JavaScript | lanewise, any array | lanewise, in an arena | lanewise, 2 threads |',
      );
      expect(lines[2]).toMatch(/^\| relu \| [\d.e-]+ \| [\d.e-]+ \([\d.e-]+ x\) \|/);
      expect(lines[4]).toMatch(/^1,000 elements of float32, values, backend relaxed; Mozilla/);
    });

    test.each(['float64', 'float16'])('arrays of %s', async (type) => {
      await open(`#race?activations=sigmoid&n=10000&type=${type}`);
      await raced();
      const figures = await page.locator('.lane').allInnerTexts();
      expect(figures).toHaveLength(3);
      for (const text of figures) expect(text).toMatch(/[\d.e-]+ ns/);
      await button('Copy as Markdown').click();
      await page.getByText('Copied.').waitFor();
      expect(await page.evaluate(() => navigator.clipboard.readText())).toContain(`10,000 elements of ${type}, values`);
    });

    test('runs in a worker, and can be cancelled', async () => {
      await open('#race?activations=all&n=1000000&direction=backward');
      await button('Start').click();
      await page.getByText(/^Measuring/).waitFor();
      expect(page.workers()).toHaveLength(1);
      await button('Cancel').click();
      await page.getByText('Cancelled.').waitFor();
      await expect.poll(() => page.workers().length, { timeout: 30_000 }).toBe(0);
      expect(await button('Start').isEnabled()).toBe(true);
    });

    test('a number of elements that is not offered', async () => {
      await open('#race?n=1e30');
      await page.getByText('Elements must be one of 1000, 10000, 100000, 1000000, 10000000, got “1e30”.').waitFor();
    });
  });

  describe('Picture', () => {
    test('the maps of the sample, of a file, and of the webcam', async () => {
      await open('#picture');
      await pictured();
      const zeros = () => page.locator('figcaption strong').allTextContents();
      const sample = await zeros();
      expect(sample).toHaveLength(6);
      for (const text of sample) expect(text).toMatch(/^\d+(\.\d+)? % zero$/);

      // Half of it black, half white: brightness -1 and 1, relu leaves one half.
      const png = await page.evaluate(async () => {
        const canvas = new OffscreenCanvas(40, 20);
        const context = canvas.getContext('2d') as OffscreenCanvasRenderingContext2D;
        context.fillRect(0, 0, 40, 20);
        context.fillStyle = 'white';
        context.fillRect(20, 0, 20, 20);
        return [...new Uint8Array(await (await canvas.convertToBlob()).arrayBuffer())];
      });
      await page.setInputFiles('input[type=file]', {
        name: 'half.png',
        mimeType: 'image/png',
        buffer: Buffer.from(png),
      });
      await page.getByText('relu of 4,800 values').waitFor();
      expect((await zeros())[0]).toBe('50 % zero');
      await page.getByLabel('Activation').selectOption('elu');
      await page.getByText('elu of 4,800 values').waitFor();
      expect((await zeros())[0]).toBe('0 % zero');
      await page.waitForURL('**/#picture?f=elu');

      await button('Webcam still').click();
      await page.getByText('elu of 460,800 values').waitFor(); // 320 x 240, six times
      await button('Sample').click();
      await page.getByText('elu of 410,880 values').waitFor();
      expect(await alerts()).toBe('');
    });

    test('a file that is no image', async () => {
      await open('#picture');
      await pictured();
      await page.setInputFiles('input[type=file]', {
        name: 'notes.txt',
        mimeType: 'text/plain',
        buffer: Buffer.from('no image'),
      });
      await page.getByText('notes.txt is not an image that this browser can read.').waitFor();
      expect(await page.locator('figure').count()).toBe(6);
    });

    test('an option out of range', async () => {
      await open('#picture?f=hardShrink:lambda=-1');
      await page.getByText(/option lambda must not be negative/).waitFor();
    });
  });

  describe('Learn', () => {
    test('learns digits, and recognises what is drawn', async () => {
      await open('#learn?epochs=12');
      await trained(12);
      const accuracy = Number((await page.locator('[role=status]:visible').textContent())?.match(/([\d.]+) %/)?.[1]);
      expect(accuracy).toBeGreaterThan(94);
      expect(await page.locator('.unit').count()).toBe(64);
      expect(await page.locator('.units').getAttribute('aria-label')).toMatch(/^Hidden units: \d+ of 64 are dead$/);
      // A one, by the keyboard: the pen down, from the top to the bottom.
      const pad = page.locator('.pad');
      await pad.press(' ');
      for (let i = 0; i < 8; i++) await pad.press('ArrowDown');
      await page.waitForFunction(() => document.querySelector('.guess')?.textContent === '1');
      await button('Clear').click();
      await page.waitForFunction(() => document.querySelector('.guess')?.textContent === '–');
      // A zero, by the pointer.
      const box = await pad.boundingBox();
      if (box === null) throw new Error('no pad');
      const at = (angle: number) =>
        [
          box.x + box.width * (0.5 + 0.25 * Math.sin(angle)),
          box.y + box.height * (0.5 - 0.38 * Math.cos(angle)),
        ] as const;
      await page.mouse.move(...at(0));
      await page.mouse.down();
      for (let i = 1; i <= 24; i++) await page.mouse.move(...at((i * Math.PI) / 12));
      await page.mouse.up();
      await page.waitForFunction(() => document.querySelector('.guess')?.textContent === '0');
    });

    test('units put to sleep by their bias stay dead with relu, and live with leakyRelu', async () => {
      const dead = async (f: string) => {
        await open(`#learn?f=${f}&bias=-3&epochs=3`);
        await trained(3);
        return page.locator('.unit.dead').count();
      };
      expect(await dead('relu')).toBeGreaterThan(60);
      expect(await dead('leakyRelu:alpha=0.1')).toBe(0);
    });

    test('can be stopped; what it has learned stays', async () => {
      await open('#learn?epochs=200');
      await button('Train').click();
      await page.getByText(/Epoch [1-9]/).waitFor();
      await button('Stop').click();
      await button('Train').and(page.locator(':enabled')).waitFor();
      expect(await page.locator('[role=status]:visible').textContent()).not.toMatch(/Epoch 200/);
      await button('One of the data').click();
      await page.waitForFunction(() => /^\d$/.test(document.querySelector('.guess')?.textContent ?? ''));
    });

    test('what is wrong with the settings, or with asking too early', async () => {
      await open('#learn?rate=1000&epochs=2.5&colour=red');
      await page.getByText('Learning rate must be from 0.0001 to 0.1, got 1000.').waitFor();
      expect(await alerts()).toBe(
        'Learning rate must be from 0.0001 to 0.1, got 1000.Epochs must be a whole number, got 2.5.The address has “colour”, which this page does not know.',
      );
      await button('One of the data').click();
      await page.getByText('Train the network first.').waitFor();
    });
  });

  describe('for everybody', () => {
    const ready: { readonly [name: string]: () => Promise<void> } = {
      explore: explored,
      race: () => button('Start').waitFor(),
      picture: pictured,
      learn: () => button('Train').waitFor(),
    };

    describe.each(pages)('%s', (name) => {
      test.each(['light', 'dark'] as const)(
        'axe finds nothing at 360 px, %s, and nothing is too wide',
        async (colorScheme) => {
          await look(360, colorScheme);
          await open(`#${name}`);
          await ready[name]();
          const tooWide = await page.evaluate(
            () => document.documentElement.scrollWidth - document.documentElement.clientWidth,
          );
          expect(tooWide).toBeLessThanOrEqual(0);
          await page.evaluate(await readFile(axe, 'utf8'));
          const violations = await page.evaluate(`axe.run().then(({ violations }) =>
          violations.map(({ id, impact, nodes }) => [id, impact, nodes[0].html].join(' ')))`);
          expect(violations).toEqual([]);
        },
      );
    });

    test('an address that names no page: Explore', async () => {
      await open('#nowhere');
      await explored();
      expect(await page.title()).toBe('Explore – lanewise');
    });

    test('the policy allows no inline script', async () => {
      const policy = (await page.request.get(origin)).headers()['content-security-policy'];
      expect(policy).toContain("script-src 'self' 'wasm-unsafe-eval';");
      await open('');
      await explored();
      await page.evaluate(() => {
        const script = document.createElement('script');
        script.textContent = 'document.title = "inline"';
        document.body.append(script);
      });
      expect(await page.title()).toBe('Explore – lanewise');
      expect(faults.join()).toMatch(/Content Security Policy/);
      faults = [];
    });

    test('at most 200 KB gzipped come before the first curves', async () => {
      const files = new Set<string>();
      page.on('response', (response) => files.add(new URL(response.url()).pathname));
      await open('');
      await explored();
      const bytes = await gzipped([...files].map((file) => (file === '/' ? 'index.html' : file)));
      console.log(`first load: ${files.size} files, ${bytes} bytes gzipped`);
      expect(files.size).toBeGreaterThan(5);
      expect(bytes).toBeLessThan(200_000);
    });

    test('at most 400 KB gzipped in all', async () => {
      const bytes = await gzipped((await readdir(join(folder, 'assets'))).map((file) => join('assets', file)));
      console.log(`in all: ${bytes} bytes gzipped`);
      expect(bytes).toBeLessThan(400_000);
    });
  });

  test.runIf(process.env.SCREENSHOTS)('the pictures of docs/', async () => {
    const steps: readonly (readonly [
      name: string,
      hash: string,
      colorScheme: 'light' | 'dark',
      () => Promise<void>,
    ])[] = [
      ['explore', '#explore', 'light', explored],
      ['race', '#race', 'light', raced],
      ['picture', '#picture', 'dark', pictured],
      ['learn', '#learn', 'dark', () => trained(30).then(() => button('One of the data').click())],
    ];
    for (const [name, hash, colorScheme, run] of steps) {
      await look(1180, colorScheme);
      await open(hash);
      await run();
      await page.mouse.move(0, 0);
      await page.waitForTimeout(500);
      const path = new URL(`../../docs/web-${name}.png`, import.meta.url).pathname;
      await page.screenshot({ path, fullPage: true });
    }
  });
});
