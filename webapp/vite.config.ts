/// <reference types="vitest/config" />
import { fileURLToPath } from 'node:url';
import react from '@vitejs/plugin-react';
import { defineConfig, type Plugin } from 'vite';

const here = (path: string) => fileURLToPath(new URL(path, import.meta.url));

/** Move the stylesheet, preloads and script behind the boot screen, so that it is painted without waiting for them. */
function tagsAtTheEnd(): Plugin {
  return {
    name: 'tags-at-the-end',
    apply: 'build',
    transformIndexHtml: {
      order: 'post',
      handler(html) {
        const tags: string[] = [];
        const kept = html.replace(
          /\s*<(?:link rel="(?:stylesheet|modulepreload)"[^>]*|script type="module"[^>]*><\/script)>/g,
          (tag) => {
            tags.push(tag.trim());
            return '';
          },
        );
        return kept.replace('</body>', `${tags.join('\n')}\n</body>`);
      },
    },
  };
}

const api = {
  target: process.env.IOTCLOUD_API_URL || 'http://127.0.0.1:4566',
  rewrite: (path: string) => path.replace(/^\/api/, ''),
};

export default defineConfig({
  plugins: [react(), tagsAtTheEnd()],
  resolve: {
    alias: {
      '~': here('./src'),
      '@iotcloud/client': here('../clients/typescript/src/index.ts'),
      'openapi-fetch': here('./node_modules/openapi-fetch'),
    },
    // Two copies of any of these break the app.
    dedupe: ['@ionic/core', '@ionic/react', 'react', 'react-dom', 'react-router', 'react-router-dom'],
  },
  build: {
    target: 'es2022',
    rollupOptions: {
      treeshake: {
        // Ionic registers all its components on import; only those that are used shall stay.
        moduleSideEffects: (id) => !/@ionic|ionicons/.test(id) || id.endsWith('.css'),
        propertyReadSideEffects: false,
      },
    },
  },
  server: { fs: { allow: ['..'] }, proxy: { '/api': api } },
  preview: { proxy: { '/api': api } },
  test: {
    environment: 'jsdom',
    pool: 'threads',
    isolate: false,
    unstubGlobals: true,
    maxWorkers: 2,
    testTimeout: 30_000,
    environmentOptions: { jsdom: { url: 'http://localhost/' } },
    include: ['src/**/*.test.{ts,tsx}', '../clients/typescript/tests/**/*.test.ts', 'tests/*.test.ts'],
    setupFiles: ['./tests/setup.ts'],
    server: { deps: { inline: [/@ionic/, /ionicons/, /@stencil/] } },
  },
});
