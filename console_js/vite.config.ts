import { defineConfig } from 'vitest/config';

// Where `npm run dev` finds a running server; only the dev server reads it.
const server = 'http://127.0.0.1:8000';

export default defineConfig({
  base: '/console/',
  build: {
    outDir: '../translate_proxy/static/console',
    emptyOutDir: true,
    target: 'es2022',
    // Kept as written: light-dark(), nesting and :has() are in every current browser.
    cssTarget: ['chrome123', 'firefox121', 'safari17.5'],
    // The page is served with `script-src 'self'`, `img-src 'self'`: nothing inline, no data: URLs.
    assetsInlineLimit: 0,
    modulePreload: false,
    cssCodeSplit: false,
  },
  server: {
    proxy: {
      '/api': server,
      '/socket.io': { target: server, ws: true },
    },
  },
  test: { include: ['tests/**/*.test.ts'] },
});
