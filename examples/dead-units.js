/** How many of `units` columns are 0 in all rows. */
export function deadUnits(y, units) {
  const alive = new Set();
  y.forEach((v, i) => {
    if (v !== 0) alive.add(i % units);
  });
  return units - alive.size;
}
