import { h } from './dom';

/** The side of the pad's bitmap; the digits were made of ones of 32 x 32 by counting in blocks of 4 x 4. */
const SIDE = 32;
const CELLS = 8;
const PEN = 1.6;
/** How far, in pixels of the bitmap, an arrow key moves the pen. */
const KEY_STEP = 2;

/** Something to draw a digit on, by pointer, or by arrow keys with the pen put down and lifted by the space bar. */
export class Pad {
  readonly element: HTMLElement;
  readonly #canvas: HTMLCanvasElement;
  readonly #ink = new Uint8Array(SIDE * SIDE);
  readonly #onChange: () => void;
  #pen = { x: SIDE / 2, y: SIDE / 4 };
  #isDown = false;
  #isKeyboard = false;

  constructor(onChange: () => void) {
    this.#onChange = onChange;
    this.#canvas = h('canvas', {
      width: SIDE * CELLS,
      height: SIDE * CELLS,
      class: 'pad',
      tabIndex: 0,
      role: 'application',
      'aria-label': 'Drawing pad: arrow keys move the pen, the space bar puts it down and lifts it, Delete clears',
    });
    this.#canvas.addEventListener('pointerdown', (event) => {
      this.#canvas.setPointerCapture(event.pointerId);
      this.#isKeyboard = false;
      this.#isDown = true;
      this.#pen = this.#place(event);
      this.#moveTo(this.#pen);
    });
    this.#canvas.addEventListener('pointermove', (event) => {
      if (this.#isDown && !this.#isKeyboard) this.#moveTo(this.#place(event));
    });
    for (const type of ['pointerup', 'pointercancel']) {
      this.#canvas.addEventListener(type, () => {
        this.#isDown = false;
      });
    }
    this.#canvas.addEventListener('keydown', (event) => this.#key(event));
    this.#canvas.addEventListener('blur', () => {
      if (this.#isKeyboard) this.#isDown = false;
      this.#isKeyboard = false;
      this.#draw();
    });
    this.element = this.#canvas;
    this.#draw();
  }

  clear(): void {
    this.#ink.fill(0);
    this.#changed();
  }

  /** Shows a digit of 8 x 8 numbers from 0 to 1, each as a block in which so many pixels are set. */
  show(pixels: Float32Array): void {
    for (let i = 0; i < SIDE * SIDE; i++) {
      const [row, column] = [Math.floor(i / SIDE), i % SIDE];
      const rank = [0, 8, 2, 10, 12, 4, 14, 6, 3, 11, 1, 9, 15, 7, 13, 5][(row % 4) * 4 + (column % 4)];
      this.#ink[i] = rank < Math.round(16 * pixels[Math.floor(row / 4) * CELLS + Math.floor(column / 4)]) ? 1 : 0;
    }
    this.#draw();
  }

  /** What is drawn as 8 x 8 numbers from 0 to 1, brought to the size that the digits have; undefined if it is nothing. */
  read(): Float32Array | undefined {
    let [left, top, right, bottom] = [SIDE, SIDE, -1, -1];
    for (let i = 0; i < SIDE * SIDE; i++) {
      if (!this.#ink[i]) continue;
      const [row, column] = [Math.floor(i / SIDE), i % SIDE];
      [left, right] = [Math.min(left, column), Math.max(right, column)];
      [top, bottom] = [Math.min(top, row), Math.max(bottom, row)];
    }
    if (right < 0) return undefined;
    // The digits fill the height; those much narrower than high stay so.
    const size = Math.max(bottom - top + 1, right - left + 1);
    const [x0, y0] = [(left + right + 1 - size) / 2, (top + bottom + 1 - size) / 2];
    const pixels = new Float32Array(CELLS * CELLS);
    for (let i = 0; i < SIDE * SIDE; i++) {
      const [row, column] = [Math.floor(i / SIDE), i % SIDE];
      const x = Math.floor(x0 + ((column + 0.5) * size) / SIDE);
      const y = Math.floor(y0 + ((row + 0.5) * size) / SIDE);
      const isInked = x >= 0 && y >= 0 && x < SIDE && y < SIDE && this.#ink[y * SIDE + x];
      if (isInked) pixels[Math.floor(row / 4) * CELLS + Math.floor(column / 4)] += 1 / 16;
    }
    return pixels;
  }

  #place(event: PointerEvent): { x: number; y: number } {
    const { left, top, width, height } = this.#canvas.getBoundingClientRect();
    return { x: ((event.clientX - left) / width) * SIDE, y: ((event.clientY - top) / height) * SIDE };
  }

  #key(event: KeyboardEvent): void {
    const steps: { readonly [key: string]: readonly [number, number] } = {
      ArrowLeft: [-KEY_STEP, 0],
      ArrowRight: [KEY_STEP, 0],
      ArrowUp: [0, -KEY_STEP],
      ArrowDown: [0, KEY_STEP],
    };
    const step = steps[event.key];
    if (step === undefined && ![' ', 'Delete', 'Backspace'].includes(event.key)) return;
    event.preventDefault();
    this.#isKeyboard = true;
    if (event.key === ' ') {
      this.#isDown = !this.#isDown;
      this.#moveTo(this.#pen);
    } else if (step === undefined) {
      this.clear();
    } else {
      const inside = (v: number) => Math.min(Math.max(v, 1), SIDE - 1);
      this.#moveTo({ x: inside(this.#pen.x + step[0]), y: inside(this.#pen.y + step[1]) });
    }
  }

  /** Moves the pen, which leaves a line if it is down. */
  #moveTo(to: { x: number; y: number }): void {
    const from = this.#pen;
    this.#pen = to;
    if (!this.#isDown) {
      this.#draw();
      return;
    }
    const steps = Math.ceil(2 * Math.hypot(to.x - from.x, to.y - from.y)) + 1;
    for (let i = 0; i <= steps; i++) {
      const [x, y] = [from.x + ((to.x - from.x) * i) / steps, from.y + ((to.y - from.y) * i) / steps];
      for (let row = 0; row < SIDE; row++) {
        for (let column = 0; column < SIDE; column++) {
          if (Math.hypot(column + 0.5 - x, row + 0.5 - y) <= PEN) this.#ink[row * SIDE + column] = 1;
        }
      }
    }
    this.#changed();
  }

  #changed(): void {
    this.#draw();
    this.#onChange();
  }

  #draw(): void {
    const context = this.#canvas.getContext('2d') as CanvasRenderingContext2D;
    const scale = this.#canvas.width / SIDE;
    context.fillStyle = '#14171c';
    context.fillRect(0, 0, this.#canvas.width, this.#canvas.height);
    context.fillStyle = '#f4f1ea';
    for (let i = 0; i < SIDE * SIDE; i++) {
      if (this.#ink[i]) context.fillRect((i % SIDE) * scale, Math.floor(i / SIDE) * scale, scale, scale);
    }
    if (!this.#isKeyboard) return;
    context.strokeStyle = '#f08828';
    context.lineWidth = this.#isDown ? 5 : 2;
    context.beginPath();
    context.arc(this.#pen.x * scale, this.#pen.y * scale, PEN * scale, 0, 2 * Math.PI);
    context.stroke();
  }
}
