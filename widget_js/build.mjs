// Two bundles: the chat (ES modules, named by their content, loaded on first open) and then the
// loader, which must know the chat's name. Their sizes are promises (docs/embedding.md), and the build
// fails when one is broken.
import { readFile, readdir, writeFile } from "node:fs/promises";
import path from "node:path";
import { gzipSync } from "node:zlib";
import { build, runnerImport } from "vite";

const LOADER_LIMIT = 4096; // bytes, gzipped
const CHAT_LIMIT = 40960; // the same, in English; another language's texts add 1 KB
const root = import.meta.dirname;
const outDir = path.resolve(root, "../translate_proxy/static/widget");

const common = { configFile: false, root, logLevel: "warn", publicDir: false };
const target = "es2022";

const chat = await build({
  ...common,
  build: {
    outDir,
    emptyOutDir: true,
    target,
    modulePreload: false, // the chunks are on another origin than the page
    rollupOptions: {
      input: path.join(root, "src/chat/mount.tsx"),
      preserveEntrySignatures: "strict",
      output: {
        format: "es",
        entryFileNames: "[hash:16].js",
        chunkFileNames: "[hash:16].js",
        hashCharacters: "hex",
      },
    },
  },
});
const entry = chat.output.find((file) => file.type === "chunk" && file.isEntry);

await build({
  ...common,
  define: { __CHAT_CHUNK__: JSON.stringify(entry.fileName) },
  build: {
    outDir,
    target,
    emptyOutDir: false,
    rollupOptions: {
      input: path.join(root, "src/loader.ts"),
      output: { format: "iife", entryFileNames: "widget.js" },
    },
  },
});

// What the button says, in every language: the server sends a page its own (docs/protocol.md).
const texts = async (file) => (await runnerImport(path.join(root, "src/chat", file), common)).module;
const said = { en: (await texts("texts.ts")).english };
for (const file of await readdir(path.join(root, "src/chat/texts"))) {
  said[path.parse(file).name] = (await texts(`texts/${file}`)).default;
}
const spoken = Object.entries(said).map(([tag, { openChat, cannotLoad }]) => [tag, { openChat, cannotLoad }]);
await writeFile(path.join(outDir, "launcher.json"), JSON.stringify(Object.fromEntries(spoken)));

const gzipped = async (name) => gzipSync(await readFile(path.join(outDir, name)), { level: 9 }).length;
const loaderSize = await gzipped("widget.js");
console.log(`widget.js ${loaderSize} bytes gzipped (limit ${LOADER_LIMIT})`);
const chatSize = await gzipped(entry.fileName);
console.log(`chat ${entry.fileName} ${chatSize} bytes gzipped (limit ${CHAT_LIMIT})`);
for (const [name, size, limit] of [["widget.js", loaderSize, LOADER_LIMIT], ["the chat", chatSize, CHAT_LIMIT]]) {
  if (size > limit) {
    console.error(`${name} is over its limit of ${limit} bytes gzipped`);
    process.exitCode = 1;
  }
}
