import { describe, expect, it } from "vitest";
import { luminance, textOn } from "../src/color";
import { parseColor, readConfig, type ConfigSource } from "../src/config";
import { codePoints, sendablePage, sendableText } from "../src/chat/sendable";
import { withLinks } from "../src/chat/links";
import { newId } from "../src/chat/tabs";
import { canonicalTag, directionOf, english, fill, loadTexts, ownName, primaryLanguage } from "../src/chat/texts";
import { shelf, slot } from "../src/storage";

describe("the script tag", () => {
  const source: ConfigSource = {
    src: "https://chat.example.com/widget.js?v=2",
    data: { site: "shop" },
    pageLanguage: "pt-PT",
    browserLanguage: "en-US",
  };
  const read = (data: ConfigSource["data"]): unknown => readConfig({ ...source, data });

  it("needs only a site", () => {
    expect(read({ site: "shop" })).toEqual({
      site: "shop",
      server: "https://chat.example.com",
      locale: "pt-PT",
      position: null,
      color: null,
      theme: "auto",
    });
  });

  it("may say everything", () => {
    const data = {
      site: "shop",
      server: "https://other.example/x",
      locale: "fi",
      position: "left",
      color: "#ABC",
      theme: "dark",
    };
    expect(read(data)).toEqual({ ...data, server: "https://other.example", color: "#aabbcc" });
  });

  it("is told what is wrong with it", () => {
    expect(read({})).toContain("data-site");
    expect(read({ site: "shop", server: "nonsense" })).toContain("data-server");
    expect(read({ site: "shop", server: "ftp://x.example" })).toContain("http");
  });

  it("cannot smuggle anything in as a colour", () => {
    for (const value of ["red", "#12345", "#000;}*{display:none", "", null, 7]) expect(parseColor(value)).toBeNull();
  });
});

describe("colours", () => {
  it("get text that can be read on them", () => {
    expect(textOn("#0b6b66")).toBe("#ffffff");
    expect(textOn("#ffd84d")).toBe("#14161a");
    expect(luminance("#ffffff")).toBeCloseTo(1);
    expect(luminance("#000000")).toBe(0);
  });
});

describe("what is sent", () => {
  it("has no NUL, no lone surrogate and no white space around", () => {
    expect(sendableText("  a\0b \ud800 c\n")).toBe("ab  c");
    expect(sendableText(" \n\t ")).toBe("");
    expect(sendableText("😀")).toBe("😀");
  });

  it("of a page is cut to what the server takes", () => {
    const page = sendablePage({ url: "u".repeat(3000), title: "a\0b", lang: "pt", cart: [1] });
    expect(page).toEqual({ url: "u".repeat(2048), title: "ab", lang: "pt" });
    expect(sendablePage({ title: `${"x".repeat(499)}😀`, cart: { total: 3 } })).toEqual({
      title: "x".repeat(499),
      cart: { total: 3 },
    });
  });

  it("is counted in code points", () => {
    expect(codePoints("a😀ç")).toBe(3);
  });

  it("has an id that is a UUID", () => {
    expect(newId()).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
  });
});

describe("links", () => {
  it("are http and https addresses without the sentence's punctuation", () => {
    expect(withLinks("See https://a.example/x?y=1. Or (http://b.example/)!")).toEqual([
      { text: "See " },
      { text: "https://a.example/x?y=1", href: "https://a.example/x?y=1" },
      { text: ". Or (" },
      { text: "http://b.example/", href: "http://b.example/" },
      { text: ")!" },
    ]);
  });

  it("are never made of anything else", () => {
    for (const text of ["javascript:alert(1)", "<a href=x>", "data:text/html,x", "https://"]) {
      expect(withLinks(text)).toEqual([{ text }]);
    }
  });
});

describe("codes", () => {
  const codes = (text: string): string[] =>
    withLinks(text).flatMap((part) => (part.code ? [part.text] : []));

  it.each([
    ["Where is AB-/99887?", ["AB-/99887"]],
    ["(LUMO-10), #4411-A; заказ АБ-12/3.", ["LUMO-10", "#4411-A", "АБ-12/3"]],
    ["Call +358-40-1234567 at 10:30, ref. SKU_12.34/5!", ["+358-40-1234567", "10:30", "SKU_12.34/5"]],
    ["Use SUMMER-SALE today", ["SUMMER-SALE"]],
    ["订单AB-12345已发货", ["AB-12345"]],
  ])("are kept in one piece: %s", (text, found) => {
    expect(codes(text)).toEqual(found);
    expect(withLinks(text).map((part) => part.text).join("")).toBe(text);
  });

  it.each(["An e-mail, and/or a self-made one...", "12345", "Well - yes!", "https://a.example/AB-1/2", "", "A/b"])(
    "are not seen in %s",
    (text) => {
      expect(codes(text)).toEqual([]);
    },
  );
});

const TEXTS = [
  ..."ar bg cs da de el en es et fi fr ga hr hu it lt lv mt nb nl pl pt ro ru sk sl sv tr uk".split(" "),
];

describe("texts", () => {
  it.each(TEXTS)("exist whole in %s", async (language) => {
    const texts = { ...(await loadTexts(language)) } as Record<string, string>;
    expect(Object.keys(texts).sort()).toEqual(Object.keys(english).sort());
    for (const [key, text] of Object.entries(english as unknown as Record<string, string>)) {
      const own = texts[key] ?? "";
      expect(own.trim(), key).toBe(own);
      expect(own, key).not.toBe("");
      expect(own.match(/\{\w+\}/g), key).toEqual(text.match(/\{\w+\}/g));
    }
    if (language !== "en") expect(texts.openChat).not.toBe(english.openChat);
  });

  it("are found for regional tags and aliases", async () => {
    expect((await loadTexts("pt-BR"))?.send).toBe("Enviar");
    expect(primaryLanguage("no")).toBe("nb");
    expect(await loadTexts("xx")).toBeNull();
  });

  it("know their direction and their own names", () => {
    expect(directionOf("ar-EG")).toBe("rtl");
    expect(directionOf("fi")).toBe("ltr");
    expect(ownName("pt")).toBe("Português");
    expect(ownName("not a tag")).toBe("Not a tag");
    expect([canonicalTag("pt_br"), canonicalTag("not a tag")]).toEqual(["pt-BR", "en"]);
  });

  it("are filled without losing what they do not know", () => {
    expect(fill("{name} and {other}", { name: "Rui" })).toBe("Rui and {other}");
  });
});

describe("storage", () => {
  function broken(): never {
    throw new Error("refused");
  }

  it("lives in memory where the browser refuses", () => {
    const one = slot<number[]>(broken, "key");
    expect(one.read()).toBeNull();
    one.write([1]);
    expect(one.read()).toEqual([1]);
    one.write(null);
    expect(one.read()).toBeNull();
  });

  it("keeps many things in memory too", () => {
    const many = shelf<number>(broken, "key.");
    many.put("a", 1);
    many.put("b", 2);
    many.remove("a");
    expect(many.all()).toEqual([2]);
  });

  it("takes foreign content for nothing", () => {
    const area = { getItem: () => "{broken" } as unknown as Storage;
    expect(slot(() => area, "key").read()).toBeNull();
  });
});
