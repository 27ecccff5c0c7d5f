import { table } from 'virtual:table';
import { Client } from './client';
import { activationControl, parametersOf, takeAll } from './controls';
import { h, notice, show } from './dom';
import type { Start } from './main';
import type { Maps } from './work/maps';

/** The longer side of what is worked on. */
const SIDE = 320;
const MOST_BYTES = 100e6;

/** What an activation lets through of an image's feature maps. */
export const start: Start = (root, remember) => {
  const client = new Client();
  const message = notice();
  const controls = {
    f: activationControl(
      table.map(({ name }) => name),
      'relu',
      () => {
        remember(parametersOf(controls));
        compute();
      },
    ),
  };
  let image = scene();
  let isBusy = false;
  let isStale = false;

  const file = h('input', {
    type: 'file',
    accept: 'image/*',
    class: 'unseen',
    id: 'file',
    onchange() {
      if (file.files?.[0]) take(file.files[0]);
      file.value = '';
    },
  });
  const webcam = h('button', { type: 'button', onclick: still }, 'Webcam still');
  const source = h('canvas', { role: 'img', 'aria-label': 'The image' });
  const drop = h(
    'div',
    { class: 'drop' },
    source,
    h('p', {}, 'Drop an image here, or'),
    h(
      'div',
      { class: 'buttons' },
      file,
      h('label', { class: 'button', for: 'file' }, 'Choose a file'),
      webcam,
      h('button', { type: 'button', onclick: () => use(scene()) }, 'Sample'),
    ),
  );
  const status = h('p', { class: 'hint', role: 'status' });
  const legend = h(
    'p',
    { class: 'legend' },
    h('span', { class: 'negative' }, 'negative'),
    h('span', { class: 'zero' }, 'zero'),
    h('span', { class: 'positive' }, 'positive'),
  );
  const grid = h('div', { class: 'maps' });

  drop.addEventListener('dragover', (event) => {
    event.preventDefault();
    drop.classList.add('over');
  });
  drop.addEventListener('dragleave', () => drop.classList.remove('over'));
  drop.addEventListener('drop', (event) => {
    event.preventDefault();
    drop.classList.remove('over');
    const dropped = event.dataTransfer?.files[0];
    if (dropped) take(dropped);
    else message.show('What was dropped is not a file.');
  });

  root.append(
    h('h1', {}, 'Picture'),
    h(
      'p',
      { class: 'lead' },
      'An image’s brightness, less its mean, and five 3 × 3 convolutions of it, each scaled to mean square 1: before an activation (left) and after (right).',
    ),
    message.element,
    h('div', { class: 'split' }, h('div', { class: 'side' }, drop, controls.f.element, status, legend), grid),
  );

  async function take(file: File): Promise<void> {
    if (file.size > MOST_BYTES) {
      message.show(`${file.name} has ${show(file.size / 1e6, 3)} MB; at most ${MOST_BYTES / 1e6} are taken.`);
      return;
    }
    try {
      const bitmap = await createImageBitmap(file);
      use(drawn(bitmap, bitmap.width, bitmap.height));
      bitmap.close();
    } catch {
      message.show(`${file.name} is not an image that this browser can read.`);
    }
  }

  async function still(): Promise<void> {
    let stream: MediaStream | undefined;
    try {
      stream = await navigator.mediaDevices.getUserMedia({ video: { width: 640, height: 480 } });
      const video = h('video', { muted: true, playsInline: true, srcObject: stream });
      await video.play();
      use(drawn(video, video.videoWidth, video.videoHeight));
    } catch (error) {
      message.show(`There is no picture from a webcam: ${(error as Error).message}`);
    } finally {
      for (const track of stream?.getTracks() ?? []) track.stop();
    }
  }

  function use(next: ImageData): void {
    message.show();
    image = next;
    compute();
  }

  async function compute(): Promise<void> {
    isStale = true;
    if (isBusy) return;
    isBusy = true;
    while (isStale) {
      isStale = false;
      source.width = image.width;
      source.height = image.height;
      source.getContext('2d')?.putImageData(image, 0, 0);
      const { data: pixels, width, height } = image;
      try {
        const maps = await client.run('maps', { choice: controls.f.value, pixels, width, height });
        draw(maps, width, height);
      } catch (error) {
        message.show((error as Error).message);
      }
    }
    isBusy = false;
  }

  function draw({ maps, milliseconds, values }: Maps, width: number, height: number): void {
    message.show();
    const { name } = controls.f;
    grid.replaceChildren(
      ...maps.map((map) =>
        h(
          'figure',
          {},
          h(
            'div',
            { class: 'pair' },
            canvas(map.before, width, height, `${map.name}, before`),
            canvas(map.after, width, height, `${map.name}, after ${name}`),
          ),
          h('figcaption', {}, map.name, ' ', h('strong', {}, `${show(100 * map.zeros, 3)} % zero`)),
        ),
      ),
    );
    status.textContent = `${name} of ${values.toLocaleString('en')} values took ${show(milliseconds, 2)} ms.`;
  }

  return {
    take(parameters) {
      const faults = takeAll(controls, parameters);
      compute().then(() => faults.length > 0 && message.show(...faults));
    },
  };
};

function canvas(
  pixels: Uint8ClampedArray<ArrayBuffer>,
  width: number,
  height: number,
  label: string,
): HTMLCanvasElement {
  const element = h('canvas', { width, height, role: 'img', 'aria-label': label });
  element.getContext('2d')?.putImageData(new ImageData(pixels, width, height), 0, 0);
  return element;
}

/** The pixels of an image, made as small as is worked on. */
function drawn(source: CanvasImageSource, width: number, height: number): ImageData {
  const scale = Math.min(1, SIDE / Math.max(width, height));
  const [w, hgt] = [Math.max(1, Math.round(width * scale)), Math.max(1, Math.round(height * scale))];
  const context = contextOf(w, hgt);
  context.drawImage(source, 0, 0, w, hgt);
  return context.getImageData(0, 0, w, hgt);
}

function contextOf(width: number, height: number): OffscreenCanvasRenderingContext2D {
  return new OffscreenCanvas(width, height).getContext('2d', {
    willReadFrequently: true,
  }) as OffscreenCanvasRenderingContext2D;
}

/** A picture to begin with: hills, a sun and its image in the water. */
function scene(): ImageData {
  const [width, height, horizon] = [SIDE, 214, 138];
  const context = contextOf(width, height);
  const gradient = (from: number, to: number, stops: readonly string[]) => {
    const fill = context.createLinearGradient(0, from, 0, to);
    for (const [i, colour] of stops.entries()) fill.addColorStop(i / (stops.length - 1), colour);
    return fill;
  };
  context.fillStyle = gradient(0, horizon, ['#27406f', '#8a6f9e', '#f2b27a']);
  context.fillRect(0, 0, width, horizon);
  context.fillStyle = '#fff3d6';
  context.beginPath();
  context.arc(214, 92, 26, 0, 2 * Math.PI);
  context.fill();
  for (const [base, size, colour] of [
    [112, 26, '#6d5f86'],
    [124, 20, '#453f63'],
    [134, 12, '#221f38'],
  ] as const) {
    context.fillStyle = colour;
    context.beginPath();
    context.moveTo(0, height);
    for (let x = 0; x <= width; x++) {
      const wave = Math.sin(x / 37 + base) + 0.5 * Math.sin(x / 13 + 2 * base) + 0.25 * Math.sin(x / 5 + base);
      context.lineTo(x, base - size * 0.7 * wave);
    }
    context.lineTo(width, height);
    context.fill();
  }
  context.fillStyle = gradient(horizon, height, ['#b98a78', '#3a4a78', '#1b2647']);
  context.fillRect(0, horizon, width, height - horizon);
  context.strokeStyle = '#ffe9c2';
  for (let y = horizon + 3; y < height; y += 5) {
    const half = 6 + (y - horizon) * 0.45 * (0.6 + 0.4 * Math.sin(y * 1.7));
    context.lineWidth = 1.6;
    context.beginPath();
    context.moveTo(214 - half, y);
    context.lineTo(214 + half * 0.9, y);
    context.stroke();
  }
  return context.getImageData(0, 0, width, height);
}
