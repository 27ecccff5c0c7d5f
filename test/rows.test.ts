// softmax and its kin: against their definitions in float64, over shapes, axes, backends, and kinds of memory.
import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { others, references, rowsOf } from '../scripts/verify/row-references.js';
import { ulpError } from '../scripts/verify/float32.js';
import { create, createArena, hardmax, logSoftmax, logSumExp, type SoftmaxOptions, softmax, softmin, sparsemax } from '../src';
import { bits, randoms } from './float32';
