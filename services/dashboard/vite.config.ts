import { readFileSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { brotliCompressSync, constants, gzipSync } from 'node:zlib';
import react from '@vitejs/plugin-react';
import { defineConfig, type Plugin } from 'vite';

/** Beside each text asset its compressed forms, so that the server never compresses while it answers. */
function compressed(): Plugin {
  const walk = (directory: string): string[] =>
    readdirSync(directory).flatMap(name => (path => (statSync(path).isDirectory() ? walk(path) : [path]))(join(directory, name)));
  return {
    name: 'compressed',
    apply: 'build',
    closeBundle() {
      for (const file of walk('dist/assets').filter(f => /\.(js|css|svg)$/.test(f))) {
        const content = readFileSync(file);
        writeFileSync(`${file}.br`, brotliCompressSync(content, { params: { [constants.BROTLI_PARAM_QUALITY]: 9 } }));
        writeFileSync(`${file}.gz`, gzipSync(content, { level: 9 }));
      }
    },
  };
}

export default defineConfig({
  plugins: [react(), compressed()],
  build: {
    // Inlined assets would need data: in the Content-Security-Policy.
    assetsInlineLimit: 0,
    // Browsers that know light-dark(); older targets would have it replaced by what does not follow the switch.
    cssTarget: ['chrome123', 'firefox120', 'safari17.5'],
    chunkSizeWarningLimit: 900,
    rolldownOptions: {
      output: {
        // What changes seldom stays in the browsers' caches over a release.
        codeSplitting: { groups: [{ name: 'react', test: /node_modules\/(react|react-dom|scheduler)\// }, { name: 'ui', test: /node_modules\/@(mantine|floating-ui|tabler)\// }, { name: 'data', test: /node_modules\/@tanstack\// }] },
      },
    },
  },
  // Development only: the API of a running `./hv up`.
  server: { proxy: { '/v1': 'http://127.0.0.1:8080', '/openapi': 'http://127.0.0.1:8080' } },
});
