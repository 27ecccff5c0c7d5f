import { calls } from './calls.js';

calls().then((result) => {
  globalThis.result = result;
});
