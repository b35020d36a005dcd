/** Who and where the visitor is, as told on connecting. */
import type { PageInfo, User, WidgetHost } from "../host";
import { MAX_LANGUAGES, MAX_NAME, MAX_TAG, sendablePage, sendableText } from "./sendable";

const PROTOCOL = 1;

export class Introduction {
  user: User | null;
  locale: string;
  page: PageInfo | null;
  readonly #site: string;

  constructor(host: WidgetHost) {
    this.user = host.user;
    this.page = host.page;
    this.locale = host.config.locale;
    this.#site = host.config.site;
  }

  /** The document, and what the shop has said of it. */
  pageInfo(): PageInfo {
    const here = { url: location.href, title: document.title, referrer: document.referrer };
    return sendablePage({ ...here, lang: document.documentElement.lang, ...this.page });
  }

  /** The `auth` of a connection; `position` is where the timeline is, if there is one. */
  auth(token: string | undefined, position: { log: string; cursor: number | null } | null): object {
    const { user } = this;
    return {
      protocol: PROTOCOL,
      site: this.#site,
      token,
      log: position?.log,
      cursor: position?.cursor ?? undefined,
      locale: (user?.locale ?? this.locale).slice(0, MAX_TAG),
      languages: navigator.languages.slice(0, MAX_LANGUAGES).map((tag) => tag.slice(0, MAX_TAG)),
      name: user?.name && sendableText(user.name).slice(0, MAX_NAME),
      identity: user?.hmac ? user : undefined,
      page: this.pageInfo(),
    };
  }
}
