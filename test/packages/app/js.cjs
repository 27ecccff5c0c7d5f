const lanewise = require('lanewise/js');

import('./ten-calls.js').then(async ({ tenCalls }) => console.log(JSON.stringify(await tenCalls(lanewise))));
