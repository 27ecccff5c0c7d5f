/** Elements of each row of which softmax is taken. */
export const ROW = 1000;
