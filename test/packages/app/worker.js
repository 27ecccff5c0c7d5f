import { calls } from './calls.js';

calls().then((result) => postMessage(result));
