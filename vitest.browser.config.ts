// The main tests, but for those of Node, of files and of other programs, in Chromium and Firefox: `npm run test:browser`.
import { existsSync } from 'node:fs';
import { defineBrowserProvider } from '@vitest/browser';
import puppeteer, { type Browser, type SupportedBrowser } from 'puppeteer-core';
import { defineConfig } from 'vitest/config';

/** Where Debian and others install them. */
const programs = {
  chrome: ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'],
  firefox: ['/usr/bin/firefox-esr', '/usr/bin/firefox'],
};

/** An installed browser, as vitest drives it. */
function installed(browser: SupportedBrowser, executablePath: string) {
  const args = browser === 'chrome' ? ['--no-sandbox', '--disable-gpu', '--disable-background-networking'] : [];
  let running: Promise<Browser> | undefined;
  return defineBrowserProvider({
    name: 'puppeteer',
    providerFactory: () => ({
      name: 'puppeteer',
      supportsParallelism: false,
      getCommandsContext: () => ({}),
      async openPage(_, url) {
        running ??= puppeteer.launch({ browser, executablePath, args });
        await (await (await running).newPage()).goto(url);
      },
      close: async () => (await running)?.close(),
    }),
  });
}

const instances = Object.entries(programs).flatMap(([browser, paths]) => {
  const path = paths.find(existsSync);
  if (path === undefined)
    console.warn(`No ${browser} found, so its tests are left out: looked for ${paths.join(', ')}.`);
  return path === undefined ? [] : [{ browser, provider: installed(browser as SupportedBrowser, path) }];
});

if (instances.length === 0) throw new Error('npm run test:browser needs an installed Chromium or Firefox.');

export default defineConfig({
  // Shared memory asks for them.
  server: {
    headers: { 'cross-origin-opener-policy': 'same-origin', 'cross-origin-embedder-policy': 'require-corp' },
  },
  test: {
    include: ['test/*.test.ts'],
    exclude: [
      'test/{examples,float64,parallel,parallel-dense,parallel-types,plot,readme,reference,rows-types,runtime,sources,tsdoc,verify}.test.ts',
    ],
    testTimeout: 120_000,
    browser: { enabled: true, headless: true, screenshotFailures: false, instances },
  },
});
