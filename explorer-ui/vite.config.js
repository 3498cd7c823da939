import { readFile } from 'node:fs/promises';
import { defineConfig } from 'vite';
import wabt from 'wabt';

/** WebAssembly written by hand, assembled when the page is built: a module that exports its bytes in base64. */
const wat = {
  name: 'wat',
  async load(id) {
    if (!id.endsWith('.wat')) return null;
    const parsed = (await wabt()).parseWat(id, await readFile(id, 'utf8'), { simd: true });
    const { buffer } = parsed.toBinary({});
    return `export default ${JSON.stringify(Buffer.from(buffer).toString('base64'))};`;
  },
};

// One script and one style with fixed names: what is committed is compared byte for byte with what CI builds.
export default defineConfig({
  base: './',
  plugins: [wat],
  build: {
    outDir: '../src/peakscape/explorer/static',
    emptyOutDir: true,
    target: 'es2022',
    modulePreload: false,
    cssCodeSplit: false,
    lib: { entry: 'src/main.ts', formats: ['es'], fileName: () => 'explorer.js', cssFileName: 'explorer' },
    copyPublicDir: true,
  },
});
