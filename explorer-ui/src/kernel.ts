// The decoder at the speed of a finger: many members times one basis, by WebAssembly SIMD where the browser has it.
import wasm from './decode.wat';
import type { Table } from './data';

const WIDTH = 8, GROUP = 5, MOST = 2 ** 28; // columns of a block, members at once, bytes
interface Exports { memory: WebAssembly.Memory; mix(basis: number, spans: number, out: number, rows: number, blocks: number, stride: number): void; middle(curves: number, n: number, stride: number, vectors: number, scratch: number, target: number): void }
let compiled: WebAssembly.Module | null | undefined;
function module(): WebAssembly.Module | null {
  if (compiled === undefined) {
    try { compiled = new WebAssembly.Module(Uint8Array.from(atob(wasm), (c) => c.charCodeAt(0))); } catch { compiled = null; } // no SIMD, or forbidden by the page that holds this one
  }
  return compiled;
}

export class Kernel {
  private readonly spans: Float32Array;
  private constructor(private readonly run: Exports, private readonly rows: number, private readonly blocks: number, private readonly groups: number, private readonly at: { spans: number; curves: number; middle: number; scratch: number; stride: number }) {
    this.spans = new Float32Array(run.memory.buffer, at.spans, groups * GROUP * rows);
  }

  /** A kernel that holds a basis (rows, columns) for so many members; null where there can be none. */
  static of(basis: Table, members: number): Kernel | null {
    const { rows, columns } = basis, found = rows > 0 && members > 0 ? module() : null;
    const blocks = Math.ceil(columns / WIDTH), groups = Math.ceil(members / GROUP), stride = 4 * WIDTH * blocks;
    const spans = rows * stride, curves = spans + 16 * Math.ceil((4 * groups * GROUP * rows) / 16), middle = curves + groups * GROUP * stride, scratch = middle + stride, size = scratch + 16 * groups * GROUP;
    if (!found || size > MOST) return null;
    try {
      const run = new WebAssembly.Instance(found).exports as unknown as Exports;
      run.memory.grow(Math.ceil(size / 65536));
      const held = new Float32Array(run.memory.buffer, 0, rows * WIDTH * blocks);
      for (let k = 0; k < rows; k++) for (let j = 0; j < columns; j++) held[(Math.floor(j / WIDTH) * rows + k) * WIDTH + (j % WIDTH)] = basis.data[k * columns + j];
      return new Kernel(run, rows, blocks, groups, { spans, curves, middle, scratch, stride });
    } catch { return null; } // no memory
  }

  /** Each member's curve between two points and their median; views that the next call overwrites. */
  mix(amounts: Float64Array[], first: number, last: number): { curves: Float32Array[]; middle: Float32Array } {
    const { run, rows, at } = this, begin = Math.floor(first / WIDTH), end = Math.min(Math.ceil(last / WIDTH), this.blocks), place = 4 * WIDTH * begin;
    amounts.forEach((one, m) => { for (let k = 0; k < rows; k++) this.spans[(Math.floor(m / GROUP) * rows + k) * GROUP + (m % GROUP)] = one[k]; });
    for (let g = 0; g < this.groups; g++) run.mix(begin * rows * WIDTH * 4, at.spans + 4 * g * GROUP * rows, at.curves + g * GROUP * at.stride + place, rows, end - begin, at.stride);
    run.middle(at.curves + place, amounts.length, at.stride, 2 * (end - begin), at.scratch, at.middle + place);
    const view = (start: number): Float32Array => new Float32Array(run.memory.buffer, start + 4 * first, last - first);
    return { curves: amounts.map((_, m) => view(at.curves + m * at.stride)), middle: view(at.middle) };
  }
}
