import { table } from 'virtual:table';
import { Chart } from './chart';
import { Client, isCancelled } from './client';
import { activationControl, numberControl, parametersOf, takeAll } from './controls';
import { h, notice, show } from './dom';
import type { Start } from './main';
import { Pad } from './pad';
import type { Epoch } from './work/learn';

const UNITS = 64;

/** A network that learns digits in the page. */
export const start: Start = (root, remember) => {
  const client = new Client();
  const message = notice();
  const changed = () => remember(parametersOf(controls));
  const controls = {
    f: activationControl(
      table.map(({ name }) => name),
      'relu',
      changed,
    ),
    rate: numberControl('Learning rate', { min: 0.0001, max: 0.1, value: 0.003, isLogarithmic: true }, changed),
    epochs: numberControl('Epochs', { min: 1, max: 200, step: 1, value: 30 }, changed),
    batch: numberControl('Batch', { min: 1, max: 256, step: 1, value: 32 }, changed),
    bias: numberControl('Bias of hidden units at the start', { min: -3, max: 1, step: 0.1, value: 0 }, changed),
    seed: numberControl('Seed', { min: 0, max: 999, step: 1, value: 1 }, changed),
  };
  let epochs: Epoch[] = [];
  let isTrained = false;

  const go = h('button', { type: 'submit', class: 'primary' }, 'Train');
  const stop = h('button', { type: 'button', hidden: true, onclick: () => client.run('halt', undefined) }, 'Stop');
  const bar = h('progress', { max: 1, value: 0, 'aria-label': 'Progress of the training', hidden: true });
  const status = h('p', { class: 'hint', role: 'status' }, 'Not trained yet.');
  const hosts = [h('div', { class: 'chart' }), h('div', { class: 'chart' })];
  const format = (value: number) => show(value, 3);
  const loss = new Chart(hosts[0], {
    label: 'Loss by epoch',
    x: 'epoch',
    steps: [1, 2, 5, 10, 20, 50],
    height: 220,
    y: [0, 0.1],
    clip: [0, 4],
    format,
  });
  const accuracy = new Chart(hosts[1], {
    label: 'Accuracy by epoch',
    x: 'epoch',
    steps: [1, 2, 5, 10, 20, 50],
    height: 220,
    y: [0, 1],
    clip: [0, 1],
    format: (value) => `${show(100 * value, 3)} %`,
  });
  const units = Array.from({ length: UNITS }, () => h('span', { class: 'unit' }));
  const map = h('div', { class: 'units', role: 'img', 'aria-label': 'Hidden units: not trained yet' }, ...units);
  const dead = h('p', { class: 'hint' }, 'Each square is a hidden unit.');
  const pad = new Pad(recognise);
  const guess = h('output', { class: 'guess' }, '–');
  const bars = Array.from({ length: 10 }, () => h('span', { class: 'fill arena' }));
  const figures = bars.map(() => h('span', { class: 'figure' }, ''));

  root.append(
    h('h1', {}, 'Learn'),
    h(
      'p',
      { class: 'lead' },
      'A network of 64 inputs, 64 hidden units and 10 outputs learns 1437 handwritten digits, and is tested on 360 others.',
    ),
    message.element,
    h(
      'div',
      { class: 'split' },
      h(
        'form',
        {
          class: 'side',
          onsubmit(event: Event) {
            event.preventDefault();
            train();
          },
        },
        ...Object.values(controls).map(({ element }) => element),
        h('div', { class: 'buttons' }, go, stop),
        bar,
        status,
      ),
      h(
        'div',
        { class: 'charts' },
        h('section', {}, h('h2', {}, 'Loss'), hosts[0]),
        h('section', {}, h('h2', {}, 'Accuracy'), hosts[1]),
        h('section', {}, h('h2', {}, 'Hidden units'), h('div', { class: 'drawing' }, map, dead)),
        h(
          'section',
          {},
          h('h2', {}, 'Draw a digit'),
          h(
            'div',
            { class: 'drawing' },
            h(
              'div',
              {},
              pad.element,
              h(
                'div',
                { class: 'buttons' },
                h('button', { type: 'button', onclick: () => pad.clear() }, 'Clear'),
                h('button', { type: 'button', onclick: sample }, 'One of the data'),
              ),
            ),
            h(
              'div',
              { class: 'answer' },
              h('p', {}, 'It is a ', guess),
              h(
                'ol',
                { class: 'probabilities', start: 0 },
                ...bars.map((fill, digit) =>
                  h('li', {}, h('span', {}, String(digit)), h('span', { class: 'bar' }, fill), figures[digit]),
                ),
              ),
            ),
          ),
        ),
      ),
    ),
    h(
      'p',
      { class: 'hint' },
      'Digits: E. Alpaydin and C. Kaynak, Optical Recognition of Handwritten Digits, UCI Machine Learning Repository, 1998, doi 10.24432/C50P49, CC BY 4.0.',
    ),
  );

  async function train(): Promise<void> {
    message.show();
    epochs = [];
    isTrained = false;
    setRunning(true);
    const { f, rate, epochs: most, batch, bias, seed } = controls;
    const request = {
      choice: f.value,
      rate: rate.value,
      epochs: most.value,
      batch: batch.value,
      bias: bias.value,
      seed: seed.value,
    };
    try {
      await client.run('train', request, (epoch) => {
        isTrained = true;
        epochs.push(epoch);
        bar.max = most.value;
        bar.value = epoch.epoch;
        draw();
      });
      recognise();
    } catch (error) {
      if (!isCancelled(error)) message.show((error as Error).message);
    }
    setRunning(false);
  }

  function setRunning(isRunning: boolean): void {
    go.disabled = isRunning;
    stop.hidden = !isRunning;
    bar.hidden = !isRunning;
    bar.removeAttribute('value');
  }

  function draw(): void {
    const x = epochs.map(({ epoch }) => epoch);
    const pair = (training: (epoch: Epoch) => number, test: (epoch: Epoch) => number) => [
      { label: 'training', colour: 0, y: epochs.map(training) },
      { label: 'test', colour: 1, isDashed: true, y: epochs.map(test) },
    ];
    loss.draw(
      x,
      pair(
        ({ trainLoss }) => trainLoss,
        ({ testLoss }) => testLoss,
      ),
    );
    accuracy.draw(
      x,
      pair(
        ({ trainAccuracy }) => trainAccuracy,
        ({ testAccuracy }) => testAccuracy,
      ),
    );
    const { epoch, testAccuracy, testLoss, active } = epochs[epochs.length - 1];
    status.textContent = `Epoch ${epoch}: ${show(100 * testAccuracy, 3)} % of the test digits, loss ${show(testLoss, 3)}`;
    let count = 0;
    for (const [i, fraction] of active.entries()) {
      units[i].style.setProperty('--active', String(fraction));
      units[i].classList.toggle('dead', fraction === 0);
      units[i].title = `unit ${i}: ${show(100 * fraction, 3)} %`;
      if (fraction === 0) count++;
    }
    const words = `${count} of ${UNITS} are dead`;
    map.setAttribute('aria-label', `Hidden units: ${words}`);
    dead.textContent = `${words}: their derivative is below 0.01 for every training digit. The stronger the colour, the more digits pass.`;
  }

  async function sample(): Promise<void> {
    try {
      const { pixels } = await client.run('sample', undefined);
      pad.show(pixels);
      await answer(pixels);
    } catch (error) {
      message.show((error as Error).message);
    }
  }

  function recognise(): void {
    const pixels = pad.read();
    if (pixels === undefined) reveal(undefined);
    else answer(pixels);
  }

  async function answer(pixels: Float32Array): Promise<void> {
    if (!isTrained) {
      message.show('Train the network first.');
      return;
    }
    try {
      reveal(await client.run('recognise', pixels));
    } catch (error) {
      message.show((error as Error).message);
    }
  }

  function reveal(probabilities: Float32Array | undefined): void {
    const best = probabilities?.indexOf(Math.max(...probabilities));
    guess.textContent = best === undefined ? '–' : String(best);
    for (const [digit, fill] of bars.entries()) {
      const probability = probabilities?.[digit] ?? 0;
      fill.style.width = `${100 * probability}%`;
      figures[digit].textContent = probabilities === undefined ? '' : `${Math.round(100 * probability)} %`;
    }
  }

  return { take: (parameters) => message.show(...takeAll(controls, parameters)) };
};
