// All that computes: the page itself only draws.

import type { Request, Response } from './client';
import { curves } from './work/curves';
import { halt, recognise, sample, train } from './work/learn';
import { maps } from './work/maps';
import { race } from './work/race';

const tasks = { curves, halt, maps, race, recognise, sample, train };
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
