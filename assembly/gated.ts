import { Gelu, GeluTanh } from './gelu';
import { Relu } from './relu';
import { Sigmoid, Silu } from './sigmoid';
import { times, timesBackward } from './times';

// Each export is what its activation's is, of gates, with a product behind it.

export function sigmoidTimes(
  p: usize,
  gate: usize,
  other: usize,
  stride: usize,
  y: usize,
  yStride: usize,
  width: usize,
  rows: usize,
): void {
  times<Sigmoid>(p, gate, other, stride, y, yStride, width, rows);
}
export function sigmoidTimesBackward(
  p: usize,
  dy: usize,
  dyStride: usize,
  gate: usize,
  other: usize,
  stride: usize,
  dgate: usize,
  dother: usize,
  dStride: usize,
  width: usize,
  rows: usize,
): void {
  timesBackward<Sigmoid>(p, dy, dyStride, gate, other, stride, dgate, dother, dStride, width, rows);
}

export function reluTimes(
  p: usize,
  gate: usize,
  other: usize,
  stride: usize,
  y: usize,
  yStride: usize,
  width: usize,
  rows: usize,
): void {
  times<Relu>(p, gate, other, stride, y, yStride, width, rows);
}
export function reluTimesBackward(
  p: usize,
  dy: usize,
  dyStride: usize,
  gate: usize,
  other: usize,
  stride: usize,
  dgate: usize,
  dother: usize,
  dStride: usize,
  width: usize,
  rows: usize,
): void {
  timesBackward<Relu>(p, dy, dyStride, gate, other, stride, dgate, dother, dStride, width, rows);
}

export function geluTimes(
  p: usize,
  gate: usize,
  other: usize,
  stride: usize,
  y: usize,
  yStride: usize,
  width: usize,
  rows: usize,
): void {
  times<Gelu>(p, gate, other, stride, y, yStride, width, rows);
}
export function geluTimesBackward(
  p: usize,
  dy: usize,
  dyStride: usize,
  gate: usize,
  other: usize,
  stride: usize,
  dgate: usize,
  dother: usize,
  dStride: usize,
  width: usize,
  rows: usize,
): void {
  timesBackward<Gelu>(p, dy, dyStride, gate, other, stride, dgate, dother, dStride, width, rows);
}

export function geluTanhTimes(
  p: usize,
  gate: usize,
  other: usize,
  stride: usize,
  y: usize,
  yStride: usize,
  width: usize,
  rows: usize,
): void {
  times<GeluTanh>(p, gate, other, stride, y, yStride, width, rows);
}
export function geluTanhTimesBackward(
  p: usize,
  dy: usize,
  dyStride: usize,
  gate: usize,
  other: usize,
  stride: usize,
  dgate: usize,
  dother: usize,
  dStride: usize,
  width: usize,
  rows: usize,
): void {
  timesBackward<GeluTanh>(p, dy, dyStride, gate, other, stride, dgate, dother, dStride, width, rows);
}

export function siluTimes(
  p: usize,
  gate: usize,
  other: usize,
  stride: usize,
  y: usize,
  yStride: usize,
  width: usize,
  rows: usize,
): void {
  times<Silu>(p, gate, other, stride, y, yStride, width, rows);
}
export function siluTimesBackward(
  p: usize,
  dy: usize,
  dyStride: usize,
  gate: usize,
  other: usize,
  stride: usize,
  dgate: usize,
  dother: usize,
  dStride: usize,
  width: usize,
  rows: usize,
): void {
  timesBackward<Silu>(p, dy, dyStride, gate, other, stride, dgate, dother, dStride, width, rows);
}
