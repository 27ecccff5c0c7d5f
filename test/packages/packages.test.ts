// The packed package, installed in an empty project, as its users run it: `npm install --prefix test/packages` first.
import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { cp, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { extname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { gzipSync } from 'node:zlib';
import { type Browser, chromium } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { create } from '../../src';
import { tenCalls } from '../browser/ten-calls.js';

const here = fileURLToPath(new URL('.', import.meta.url));
const tools = join(here, 'node_modules');
const isInstalled = existsSync(tools);
if (!isInstalled)
  console.warn('The tests of the package are skipped: npm install --prefix test/packages installs what they need.');
const executablePath = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'].find(existsSync);

const MINUTE = 60_000;

describe.skipIf(!isInstalled)('the packed package', () => {
  /** The empty project. */
  let app: string;
  let tarball: string;
  let expected: unknown;

  async function run(file: string, args: string[], cwd = app): Promise<string> {
    const { stdout } = await promisify(execFile)(file, args, { cwd, maxBuffer: 2 ** 24 });
    return stdout;
  }
  const binary = (name: string, ...args: string[]) => run(join(tools, '.bin', name), args);
  const tool = (path: string) => import(/* @vite-ignore */ `file://${join(tools, path)}`);

  /** Bytes of what esbuild makes of a module, minified and gzipped. */
  async function bundledSize(contents: string): Promise<number> {
    const esbuild = await tool('esbuild/lib/main.js');
    const { outputFiles } = await esbuild.build({
      stdin: { contents, resolveDir: app },
      bundle: true,
      minify: true,
      format: 'esm',
      write: false,
    });
    return gzipSync(outputFiles[0].contents, { level: 9 }).length;
  }

  beforeAll(async () => {
    app = await mkdtemp(join(tmpdir(), 'lanewise-'));
    const [{ filename }] = JSON.parse(
      await run('npm', ['pack', '--ignore-scripts', '--json', '--pack-destination', app], join(here, '../..')),
    );
    tarball = join(app, filename);
    await cp(join(here, 'app'), app, { recursive: true });
    await cp(join(here, '../browser/ten-calls.js'), join(app, 'ten-calls.js'));
    await writeFile(join(app, 'package.json'), '{ "private": true, "type": "module" }');
    await run('npm', ['install', '--no-audit', '--no-fund', tarball]);
    expected = JSON.parse(JSON.stringify(await tenCalls(create({ backend: 'simd' }))));
  }, 2 * MINUTE);

  afterAll(async () => {
    await rm(app, { recursive: true, force: true });
  });

  test('what a bundler makes of relu alone is at most 25 KB, gzipped', { timeout: MINUTE }, async () => {
    expect(
      await bundledSize("import { relu } from 'lanewise'; globalThis.y = relu(globalThis.x);"),
    ).toBeLessThanOrEqual(25 * 1024);
  });

  test('publint finds nothing', async () => {
    const { publint } = await tool('publint/src/index-node.js');
    const { messages } = await publint({ pkgDir: join(app, 'node_modules/lanewise') });
    expect(messages).toEqual([]);
  });

  // A binary cannot be had by require.
  test('its types resolve everywhere', { timeout: MINUTE }, async () => {
    await binary('attw', tarball, '--profile', 'node16', '--ignore-rules', 'cjs-resolves-to-esm');
  });

  const commands: { [environment: string]: () => Promise<string> } = {
    'Node, ES module': () => run(process.execPath, ['main.js']),
    'Node, CommonJS': () => run(process.execPath, ['main.cjs']),
    Deno: () => binary('deno', 'run', '--allow-all', 'main.js'),
    Bun: () => binary('bun', 'main.js'),
    'esbuild, for Node': async () => {
      const esbuild = await tool('esbuild/lib/main.js');
      await esbuild.build({
        entryPoints: [join(app, 'main.js')],
        bundle: true,
        format: 'esm',
        platform: 'node',
        outfile: join(app, 'out/node.mjs'),
      });
      return run(process.execPath, ['out/node.mjs']);
    },
    "Vite's server-side rendering": async () => {
      const vite = await tool('vite/dist/node/index.js');
      const server = await vite.createServer({
        root: app,
        logLevel: 'silent',
        server: { middlewareMode: true },
        appType: 'custom',
        ssr: { noExternal: true },
      });
      const { calls } = await server.ssrLoadModule('/calls.js');
      const result = JSON.stringify(await calls());
      await server.close();
      return result;
    },
  };
  test.each(Object.entries(commands))('%s', { timeout: MINUTE }, async (_, command) => {
    expect(JSON.parse(await command())).toEqual(expected);
  });

  test('workerd', { timeout: MINUTE }, async () => {
    const esbuild = await tool('esbuild/lib/main.js');
    await esbuild.build({
      entryPoints: [join(app, 'workerd.js')],
      bundle: true,
      format: 'esm',
      conditions: ['workerd', 'worker'],
      external: ['*.wasm'],
      outfile: join(app, 'out/workerd.js'),
    });
    const binaries = (await readdir(join(app, 'node_modules/lanewise/build')))
      .filter((file) => file.endsWith('.wasm'))
      .map((file) => `(name = "build/${file}", wasm = embed "node_modules/lanewise/build/${file}")`);
    await writeFile(
      join(app, 'workerd.capnp'),
      `using Workerd = import "/workerd/workerd.capnp";
      const config :Workerd.Config = (services = [(name = "main", worker = .worker)]);
      const worker :Workerd.Worker = (
        compatibilityDate = "2026-01-01",
        modules = [(name = "dist/main.js", esModule = embed "out/workerd.js"), ${binaries}],
      );`,
    );
    const simd = create({ backend: 'simd' });
    const x = new Float32Array([1, 2]);
    expect(JSON.parse(await binary('workerd', 'test', 'workerd.capnp'))).toEqual({
      calls: expected,
      backend: 'relaxed',
      others: [
        ...simd.silu(new Float64Array(x)),
        ...simd.softmax(x, { shape: [1, 2] }),
        5, // the product of x and x
        ...simd.dequantize(new Int8Array([3]), { scale: 2, zeroPoint: 1 }),
      ],
      shared: 'Error: createArena: Workers have no threads to share memory with',
    });
  });

  test('lanewise/js: the loops of the js backend, within 40 KB', { timeout: MINUTE }, async () => {
    const loops = JSON.parse(JSON.stringify(await tenCalls(create({ backend: 'js' }))));
    expect(JSON.parse(await run(process.execPath, ['js.js']))).toEqual(loops);
    expect(JSON.parse(await run(process.execPath, ['js.cjs']))).toEqual(loops);
    expect(await bundledSize("export * from 'lanewise/js'")).toBeLessThan(40 * 1024);
  });

  test.each(['bundler', 'node16'])('TypeScript, module resolution %s', { timeout: MINUTE }, async (resolution) => {
    const module = resolution === 'bundler' ? 'esnext' : 'node16';
    await binary(
      'tsc',
      '--noEmit',
      '--strict',
      '--target',
      'es2022',
      '--lib',
      'es2022,dom,esnext.disposable',
      '--module',
      module,
      '--moduleResolution',
      resolution,
      'types.ts',
    );
  });

  describe.skipIf(executablePath === undefined)('in a page', () => {
    let server: Server;
    let browser: Browser;
    const types: { [extension: string]: string } = { '.js': 'text/javascript', '.html': 'text/html' };

    beforeAll(async () => {
      server = createServer(async (request, response) => {
        const file = join(app, new URL(request.url ?? '/', 'http://localhost').pathname);
        response.setHeader('content-type', types[extname(file)] ?? 'application/octet-stream');
        response.writeHead(existsSync(file) ? 200 : 404).end(existsSync(file) ? await readFile(file) : '');
      });
      await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
      browser = await chromium.launch({
        executablePath,
        args: ['--no-sandbox', '--disable-gpu', '--disable-background-networking', '--disable-component-update'],
      });
    });
    afterAll(async () => {
      await browser?.close();
      server?.close();
    });

    /** What the page at `address` computes. */
    async function visit(address: string): Promise<unknown> {
      const page = await browser.newPage();
      const faults: string[] = [];
      page.on('pageerror', (error) => faults.push(String(error)));
      await page.goto(address);
      await page.waitForFunction('globalThis.result !== undefined').catch((error) => faults.push(String(error)));
      expect(faults).toEqual([]);
      const result = await page.evaluate('globalThis.result');
      await page.close();
      return result;
    }

    const served = (path: string) => `http://127.0.0.1:${(server.address() as AddressInfo).port}/${path}`;

    /** The address of a page with a script of the given folder. */
    async function pageWith(folder: string, script: string, head = ''): Promise<string> {
      await mkdir(join(app, folder), { recursive: true });
      await writeFile(
        join(app, folder, 'index.html'),
        `<!doctype html><title>lanewise</title>${head}<script type="module" src="${script}"></script>`,
      );
      return served(`${folder}/index.html`);
    }

    const pages: { [environment: string]: () => Promise<string> } = {
      'no bundler, an import map': () =>
        pageWith(
          'plain',
          '../page.js',
          '<script type="importmap">{ "imports": { "lanewise": "/node_modules/lanewise/dist/index.js" } }</script>',
        ),
      esbuild: async () => {
        const esbuild = await tool('esbuild/lib/main.js');
        await esbuild.build({
          entryPoints: [join(app, 'page.js')],
          bundle: true,
          minify: true,
          format: 'esm',
          outfile: join(app, 'esbuild/page.js'),
        });
        return pageWith('esbuild', 'page.js');
      },
      Rollup: async () => {
        const [{ rollup }, { nodeResolve }] = await Promise.all([
          tool('rollup/dist/es/rollup.js'),
          tool('@rollup/plugin-node-resolve/dist/es/index.js'),
        ]);
        const bundle = await rollup({ input: join(app, 'page.js'), plugins: [nodeResolve({ browser: true })] });
        await bundle.write({ file: join(app, 'rollup/page.js'), format: 'es' });
        return pageWith('rollup', 'page.js');
      },
      'webpack 5': async () => {
        const { default: webpack } = await tool('webpack/lib/index.js');
        const stats = await promisify(webpack)({
          mode: 'production',
          context: app,
          entry: './page.js',
          output: { path: join(app, 'webpack'), filename: 'page.js' },
          performance: false,
        });
        expect(stats.toJson({ all: false, errors: true, warnings: true })).toMatchObject({ errors: [], warnings: [] });
        return pageWith('webpack', 'page.js');
      },
      Vite: async () => {
        const vite = await tool('vite/dist/node/index.js');
        await pageWith('vite', '../page.js');
        await vite.build({ root: join(app, 'vite'), base: './', logLevel: 'silent', build: { outDir: 'dist' } });
        return served('vite/dist/index.html');
      },
      'Vite, in a Web Worker': async () => {
        const vite = await tool('vite/dist/node/index.js');
        await pageWith('vite-worker', '../page-with-worker.js');
        await vite.build({
          root: join(app, 'vite-worker'),
          base: './',
          logLevel: 'silent',
          worker: { format: 'es' },
          build: { outDir: 'dist' },
        });
        return served('vite-worker/dist/index.html');
      },
    };
    test.each(Object.entries(pages))('%s', { timeout: MINUTE }, async (_, build) => {
      expect(await visit(await build())).toEqual(expected);
    });

    test("Vite's development server", { timeout: MINUTE }, async () => {
      const vite = await tool('vite/dist/node/index.js');
      await pageWith('vite-dev', '/page.js');
      const development = await vite.createServer({
        root: app,
        logLevel: 'silent',
        server: { port: 0, host: '127.0.0.1' },
      });
      await development.listen();
      expect(await visit(`${development.resolvedUrls.local[0]}vite-dev/index.html`)).toEqual(expected);
      await development.close();
    });
  });
});
