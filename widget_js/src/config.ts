/** What the shop wrote on the script tag. */
export interface WidgetConfig {
  /** The site's public key. */
  readonly site: string;
  /** Origin of the chat server, without a trailing slash. */
  readonly server: string;
  /** BCP 47 tag of the page; `setLocale` changes it. */
  readonly locale: string;
  /** Null: whatever the site's settings say, else right. */
  readonly position: "left" | "right" | null;
  /** `#rrggbb`. Null: whatever the site's settings say, else the default. */
  readonly color: string | null;
  readonly theme: "auto" | "light" | "dark";
}

/** What `readConfig` looks at: the script element and the page around it. */
export interface ConfigSource {
  readonly src: string;
  readonly data: Readonly<Partial<Record<string, string>>>;
  readonly pageLanguage: string;
  readonly browserLanguage: string;
}

/** A colour as `#rrggbb`, null when it is not one (`#rgb` is widened). */
export function parseColor(value: unknown): string | null {
  if (typeof value !== "string") return null;
  const text = value.trim().toLowerCase();
  if (/^#[0-9a-f]{6}$/.test(text)) return text;
  return /^#[0-9a-f]{3}$/.test(text) ? text.replace(/[0-9a-f]/g, "$&$&") : null;
}

/**
 * Read the configuration. A string is the reason why there is none, for the shop's developer.
 */
export function readConfig(source: ConfigSource): WidgetConfig | string {
  const { data } = source;
  const site = data.site?.trim();
  if (!site) return "data-site is missing on the script tag";
  let server: string;
  try {
    server = new URL(data.server ?? source.src).origin;
  } catch {
    return "data-server is not an address such as https://chat.example.com";
  }
  if (!server.startsWith("http")) return "the chat server's address must be http or https";
  const { position, theme } = data;
  return {
    site,
    server,
    locale: [data.locale?.trim(), source.pageLanguage, source.browserLanguage].find(Boolean) ?? "en",
    position: position === "left" || position === "right" ? position : null,
    color: parseColor(data.color),
    theme: theme === "light" || theme === "dark" ? theme : "auto",
  };
}
