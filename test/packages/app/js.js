import * as lanewise from 'lanewise/js';
import { tenCalls } from './ten-calls.js';

console.log(JSON.stringify(await tenCalls(lanewise)));
