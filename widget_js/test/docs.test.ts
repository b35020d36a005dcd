import { expect, it } from "vitest";
import docs from "../../docs/embedding.md?raw";
import config from "../src/config.ts?raw";
import loader from "../src/loader.ts?raw";
import { widgetStorage } from "../src/storage";

function names(source: string, pattern: RegExp): string[] {
  return [...source.matchAll(pattern)].map((match) => match[1] ?? "");
}

it("documents every option of the script tag", () => {
  const options = new Set(names(config, /\bdata\.(\w+)/g).concat(names(config, /const \{ (\w+), theme \} = data/g), "theme"));
  expect(options.size).toBe(6);
  for (const option of options) expect(docs).toContain(`\`data-${option}\``);
});

it("documents every call", () => {
  const api = loader.slice(loader.indexOf("interface PublicApi"), loader.indexOf("declare global"));
  const calls = names(api, /^ {2}(\w+)\(/gm).filter((name) => name !== "push");
  expect(calls).toEqual(["open", "close", "setUser", "setLocale", "setPage", "on"]);
  for (const call of calls) expect(docs).toContain(`${call}(`);
});

it("documents what it stores", () => {
  const { visit, outbox, tab } = widgetStorage("<site>");
  for (const key of [visit.key, `${outbox.prefix}<id>`, tab.key]) expect(docs).toContain(`\`${key}\``);
});
