const { create } = require('lanewise');
const { createPool } = require('lanewise/parallel');

(async () => {
  const { tenCalls } = await import('./ten-calls.js');
  await createPool({ threads: 1 }).close();
  console.log(JSON.stringify(await tenCalls(create({ backend: 'simd' }))));
})();
