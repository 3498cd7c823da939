import { defineConfig } from 'vite';

// One script and one style with fixed names: what is committed is compared byte for byte with what CI builds.
export default defineConfig({
  base: './',
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
