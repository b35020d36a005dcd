/** The widget's own texts. English is in the chat; every other language is a file of its own. */

export interface Texts {
  chat: string;
  greeting: string;
  greetingBody: string;
  /** Instead of it where nothing translates the visitor's language. */
  greetingPlain: string;
  placeholder: string;
  send: string;
  openChat: string;
  closeChat: string;
  /** Said by the loader, beside its button. */
  cannotLoad: string;
  online: string;
  away: string;
  offline: string;
  offlineNotice: string;
  connecting: string;
  noConnection: string;
  unavailable: string;
  reloadPage: string;
  sending: string;
  waiting: string;
  sent: string;
  notSent: string;
  /** `{max}`: characters. */
  tooLong: string;
  edit: string;
  retry: string;
  discard: string;
  translated: string;
  showOriginal: string;
  hideOriginal: string;
  showTranslation: string;
  hideTranslation: string;
  awaiting: string;
  noRoute: string;
  failed: string;
  tooLongToTranslate: string;
  you: string;
  support: string;
  /** `{name}`: who writes. */
  typing: string;
  /** `{position}`: a number. */
  queue: string;
  /** `{name}`: who answers from now on. */
  joined: string;
  closed: string;
  removed: string;
  notMyLanguage: string;
  languageHint: string;
  /** The menu's way back from a chosen language to the one that is found in the messages. */
  automatic: string;
  /** Beside a language that nothing translates. */
  untranslated: string;
  endChat: string;
  endQuestion: string;
  cancel: string;
  earlier: string;
  newMessages: string;
  autoTranslated: string;
  untranslatedHint: string;
  rateQuestion: string;
  rateComment: string;
  rateThanks: string;
}

export const english: Texts = {
  chat: "Chat",
  greeting: "Hello! How can we help you?",
  greetingBody: "Write in your own language. Your messages and our answers are translated automatically.",
  greetingPlain: "Write to us here and we will answer you.",
  placeholder: "Write a message",
  send: "Send",
  openChat: "Open chat",
  closeChat: "Close chat",
  cannotLoad: "The chat cannot be loaded. Please try again.",
  online: "Online",
  away: "Away at the moment",
  offline: "Offline",
  offlineNotice: "Nobody is here right now. Leave us a message and you will find our answer here.",
  connecting: "Connecting…",
  noConnection: "No connection. What you write is kept and sent as soon as it is back.",
  unavailable: "We are sorry, the chat is not available on this page.",
  reloadPage: "Please reload the page to go on chatting.",
  sending: "Sending…",
  waiting: "Waiting to be sent",
  sent: "Sent",
  notSent: "Not sent",
  tooLong: "Too long: at most {max} characters",
  edit: "Edit",
  retry: "Try again",
  discard: "Delete",
  translated: "Translated",
  showOriginal: "Show original",
  hideOriginal: "Hide original",
  showTranslation: "Show translation",
  hideTranslation: "Hide translation",
  awaiting: "Original; the translation is on its way",
  noRoute: "Original; this language cannot be translated here",
  failed: "Original; it could not be translated",
  tooLongToTranslate: "Original; too long to translate",
  you: "You",
  support: "Customer service",
  typing: "{name} is writing…",
  queue: "You are number {position} in the queue",
  joined: "{name} is now answering you",
  closed: "This conversation has ended. Write again to start a new one.",
  removed: "This message was removed",
  notMyLanguage: "Not your language?",
  languageHint: "Choose the language you want to read and write.",
  automatic: "Automatic",
  untranslated: "not translated",
  endChat: "End conversation",
  endQuestion: "End this conversation?",
  cancel: "Cancel",
  earlier: "Show earlier messages",
  newMessages: "New messages",
  autoTranslated: "Messages are translated automatically",
  untranslatedHint: "Messages in this language are not translated at the moment",
  rateQuestion: "How was this conversation?",
  rateComment: "Anything you would like to add?",
  rateThanks: "Thank you for your answer.",
};

/** The first subtag that there are texts for, following the usual aliases. */
export function primaryLanguage(tag: string): string {
  const primary = tag.toLowerCase().split(/[-_]/)[0] ?? "";
  return primary === "no" || primary === "nn" ? "nb" : primary;
}

const files = import.meta.glob<{ default: Texts }>("./texts/*.ts");

const RIGHT_TO_LEFT = new Set(["ar", "fa", "he", "ur"]);

/** `rtl` or `ltr`, by the language of the texts around. */
export function directionOf(language: string): "rtl" | "ltr" {
  return RIGHT_TO_LEFT.has(primaryLanguage(language)) ? "rtl" : "ltr";
}

/** The texts of a language; null when there are none. Rejects when they cannot be loaded right now. */
export async function loadTexts(tag: string): Promise<Texts | null> {
  const language = primaryLanguage(tag);
  if (language === "en") return english;
  const load = files[`./texts/${language}.ts`];
  return load ? (await load()).default : null;
}

/** Fill `{name}` places. */
export function fill(text: string, values: Readonly<Record<string, string | number>>): string {
  return text.replace(/\{(\w+)\}/g, (place, key: string) => String(values[key] ?? place));
}

/** A language's name in the language `inTag`, the tag itself where the browser knows none. */
export function languageName(tag: string, inTag: string): string {
  try {
    return new Intl.DisplayNames([inTag], { type: "language" }).of(tag) ?? tag;
  } catch {
    return tag;
  }
}

/** A language by its own name, as a menu shows it. */
export function ownName(tag: string): string {
  const name = languageName(tag, tag);
  return name.charAt(0).toLocaleUpperCase(canonicalTag(tag)) + name.slice(1);
}

/** The tag as `Intl` takes it, which throws on any other (`pt_BR`); English for nonsense. */
export function canonicalTag(tag: string): string {
  try {
    return Intl.getCanonicalLocales(tag.replaceAll("_", "-"))[0] ?? "en";
  } catch {
    return "en";
  }
}
