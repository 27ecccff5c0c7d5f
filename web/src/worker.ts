// All that computes: the page itself only draws.

import type { Request, Response } from './client';
import { curves } from './work/curves';
import { maps } from './work/maps';

// What not every visitor comes to is loaded when it is asked for.
const learn = () => import('./work/learn');
const race = () => import('./work/race');

type Learn = Awaited<ReturnType<typeof learn>>;
type Race = Awaited<ReturnType<typeof race>>;

const tasks = {
  curves,
  maps,
  race: async (...own: Parameters<Race['race']>) => (await race()).race(...own),
  halt: async (...own: Parameters<Learn['halt']>) => (await learn()).halt(...own),
  recognise: async (...own: Parameters<Learn['recognise']>) => (await learn()).recognise(...own),
  sample: async (...own: Parameters<Learn['sample']>) => (await learn()).sample(...own),
  train: async (...own: Parameters<Learn['train']>) => (await learn()).train(...own),
};
export type Tasks = typeof tasks;

const post = (response: Response) => postMessage(response);

addEventListener('message', async ({ data: { id, task, argument } }: MessageEvent<Request>) => {
  const run = tasks[task as keyof Tasks] as (argument: unknown, report: (progress: unknown) => void) => unknown;
  try {
    post({ id, value: await run(argument, (progress) => post({ id, progress })) });
  } catch (error) {
    post({ id, error: error instanceof Error ? error : new Error(String(error)) });
  }
});
