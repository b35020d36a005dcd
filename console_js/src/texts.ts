/** Everything the console says, in one place. */
import { languageName } from './format';
import type { Availability, Refusal } from './wire';

const plural = (n: number, one: string, many: string) => (n === 1 ? `1 ${one}` : `${n} ${many}`);

export const t = {
  product: 'translate_proxy',
  console: 'Console',
  title: (unread: number, who: string | null) =>
    `${unread > 0 ? `(${unread}) ` : ''}${who ? `${who} · ` : ''}Console`,

  signIn: {
    heading: 'Sign in',
    lead: 'Answer every customer in your own language.',
    email: 'E-mail address',
    password: 'Password',
    submit: 'Sign in',
    busy: 'Signing in…',
    wrong: 'That e-mail address and password do not belong together.',
    missing: 'Write your e-mail address and your password.',
    limited: (seconds: number | undefined) =>
      seconds
        ? `Too many attempts. Try again in ${waitWords(seconds)}.`
        : 'Too many attempts. Wait a little, then try again.',
    unreachable: 'The server cannot be reached. Check your connection and try again.',
    starting: 'Opening the console…',
    startFailed: 'The server cannot be reached.',
    retry: 'Try again',
  },

  signedOut: (reason: string | null) => {
    switch (reason) {
      case 'expired':
      case 'session_expired':
        return 'Your session has ended. Sign in again; your drafts are kept.';
      case 'revoked':
      case 'signed_out':
        return 'You were signed out. Sign in again; your drafts are kept.';
      default:
        return 'You were signed out. Sign in again; your drafts are kept.';
    }
  },

  tabs: { waiting: 'Waiting', mine: 'Mine', closed: 'Closed' },
  listsHeading: 'Conversations',
  tabsLabel: 'Lists of conversations',
  listLabel: {
    waiting: 'Waiting conversations',
    mine: 'Your conversations',
    closed: 'Closed conversations',
  },
  withColleagues: 'With colleagues',
  moreConversations: 'Show more',
  moreWaiting: (n: number) => `and ${n} more`,
  unread: (n: number) => plural(n, 'unread message', 'unread messages'),
  waitingFor: (time: string) => (time === 'now' ? 'just now' : `waiting ${time}`),
  waitingSince: (time: string) => (time === 'now' ? 'Just arrived' : `Waiting for ${time}`),
  you: 'You',
  redactedShort: 'Message taken back',
  draft: 'Draft:',

  empty: {
    waiting: ['Nobody is waiting', 'New conversations appear here by themselves.'],
    mine: ['No conversations of yours', 'Answer one under Waiting and it moves here.'],
    closed: ['Nothing closed yet', 'Conversations that have ended are kept here.'],
    conversation: ['No conversation open', 'Choose one from the list to read and answer it.'],
    timeline: 'Nothing has been written yet.',
  } as const,

  list: {
    loading: 'Loading conversations…',
    failed: 'The list could not be loaded.',
    retry: 'Try again',
  },

  link: {
    connecting: 'Connecting…',
    lost: 'The connection is lost. What you write is kept and sent when it is back.',
    offline: 'This device is offline. What you write is kept and sent when it is back.',
    retryIn: (seconds: number) => `Next try in ${seconds} s.`,
    now: 'Try now',
    draining: 'The server is restarting. You will be reconnected in a moment.',
    outdated: 'This page is older than the server.',
    reload: 'Reload',
  },

  availability: {
    label: 'Your availability',
    online: 'Online',
    away: 'Away',
    offline: 'Offline',
    hint: {
      online: 'Visitors see that someone is there.',
      away: 'Visitors see that an answer may take a while.',
      offline: 'Visitors see you as gone; you can still answer.',
    },
  },
  colleagues: 'Colleagues',
  noColleagues: 'No colleagues yet. Add one with “translate-proxy operators add”.',
  colleaguesOnline: (n: number) => plural(n, 'colleague online', 'colleagues online'),

  menu: {
    label: 'account and settings',
    reads: (tag: string) => `reads ${languageName(tag)}`,
    sound: 'Sound for new messages',
    theme: 'Appearance',
    themes: { system: 'System', light: 'Light', dark: 'Dark' },
    shortcuts: 'Keyboard shortcuts',
    signOut: 'Sign out',
    unsent: 'Some messages have not been sent yet and would be lost. Sign out all the same?',
  },

  conversation: {
    back: 'Back to the list',
    claim: 'Claim',
    claimLong: 'Claim conversation',
    claiming: 'Claiming…',
    close: 'Close',
    transfer: 'Transfer',
    details: 'Details',
    more: 'Load earlier messages',
    loadingMore: 'Loading…',
    loading: 'Loading the conversation…',
    failed: 'The conversation could not be loaded.',
    gone: 'This conversation is not there any more: it was erased, or is not yours to see.',
    erased: 'This visitor was erased, with everything that was said.',
    log: (who: string) => `Conversation with ${who}`,
    newBelow: 'New messages',
    answeredBy: (name: string) => `${name} is answering`,
    notYours: (name: string) => `${name} is answering this conversation.`,
    unclaimed: 'Nobody is answering yet. Your answer makes the conversation yours.',
    taken: (name: string) => `${name} was faster and answers now.`,
    closedNow: 'This conversation is closed. When the visitor writes again, a new one begins.',
    typing: (name: string) => `${name} is writing`,
    verified: 'Identity confirmed by the shop',
  },

  status: { waiting: 'Waiting', assigned: 'Open', closed: 'Closed' },

  language: {
    label: 'The visitor\'s language:',
    change: 'Change it',
    unknown: 'Language unknown',
    confidence: (confidence: number) => `${Math.round(confidence * 100)} %`,
    source: {
      pinned: 'set by hand',
      detected: 'detected',
      prior: 'assumed from the browser',
    },
    menu: 'The visitor speaks',
    hint: 'Your choice stays, whatever is detected later.',
    pinned: (name: string) => `The conversation now continues in ${name}.`,
    unpinned: 'The language is detected again.',
    detect: 'As detected',
  },

  message: {
    original: 'Original',
    hideOriginal: 'Hide original',
    originalIn: (name: string) => `Original · ${name}`,
    asWritten: 'Original',
    sentAs: 'Translation',
    hideSentAs: 'Hide translation',
    visitorReads: (name: string) => `The visitor reads · ${name}`,
    correct: 'Correct',
    takeBack: 'Take back',
    copy: 'Copy',
    copied: 'Copied',
    again: 'Try again',
    translating: 'Translating…',
    sameLanguage: 'same language',
    phrase: 'phrase book',
    corrected: 'corrected',
    untranslated: 'Not translated',
    removed: 'This message was taken back.',
    system: 'Automatic',
    note: 'Note',
    noteHint: 'only operators see it',
    queued: 'Waiting to be sent',
    sending: 'Sending…',
    sent: 'Sent',
    sendAgain: 'Send again',
    edit: 'Edit',
    discard: 'Discard',
    notSent: 'Not sent.',
  },

  /** Why a message has no translation. */
  reason: (reason: string | null | undefined) => {
    switch (reason) {
      case 'no_route':
        return 'No model is installed for this pair of languages.';
      case 'failed':
        return 'The translation engine failed on this text.';
      case 'timed_out':
        return 'The translation took too long.';
      case 'overloaded':
        return 'Too many texts were waiting to be translated.';
      case 'unsafe_output':
        return 'The translation would have damaged a number, a link or a name.';
      case 'too_long':
        return 'The text is too long to be translated.';
      default:
        return 'It could not be translated.';
    }
  },

  /** What can be done about it: by an administrator, or by somebody who knows one. */
  remedy: (reason: string | null | undefined, isAdmin: boolean, from: string | null, to: string) => {
    const pair = from ? `${from}-${to}` : `FROM-${to}`;
    switch (reason) {
      case 'no_route':
        return isAdmin
          ? `Install one on the server: translate-proxy models install ${pair} (translate-proxy models available lists what there is).`
          : `An administrator can install the model ${pair}.`;
      case 'failed':
        return isAdmin
          ? 'On the server, translate-proxy doctor says what is wrong with which model.'
          : 'If it goes on, tell an administrator.';
      case 'timed_out':
      case 'overloaded':
        return 'Try again in a moment.';
      default:
        return '';
    }
  },

  entry: {
    queued: 'The conversation began',
    assigned: (name: string) => `${name} took the conversation`,
    assignedYou: 'You took the conversation',
    transferred: (from: string | null, to: string) =>
      from ? `${from} handed the conversation to ${to}` : `The conversation went to ${to}`,
    closedBy: (name: string) => `${name} closed the conversation`,
    closedByYou: 'You closed the conversation',
    closedByVisitor: 'The visitor ended the conversation',
    closed: 'The conversation was closed',
    rated: (stars: number) => `The visitor rated the conversation: ${stars}\u00a0of\u00a05`,
    contact: 'The visitor left contact details',
    pinnedVisitor: (tag: string) => `The visitor's language was set to ${languageName(tag)}`,
    unpinned: 'The language is detected again',
    pinnedOperator: (tag: string) => `The operator's language was set to ${languageName(tag)}`,
  },

  composer: {
    reply: 'Reply',
    note: 'Note',
    mode: 'What you write',
    placeholder: (name: string) => `Write to ${name}…`,
    notePlaceholder: 'Note for colleagues…',
    label: 'Your message',
    noteLabel: 'Your note',
    send: 'Send',
    addNote: 'Add note',
    preview: 'Preview',
    hint: (from: string, to: string) => `${languageName(from)} → ${languageName(to)}`,
    hintSame: (tag: string) => `${languageName(tag)}, no translation needed`,
    hintUnknown: 'The visitor’s language is not known yet',
    keys: 'Enter sends, Shift + Enter starts a new line',
    left: (n: number) => `${n} left`,
    tooLong: (n: number) => `${plural(n, 'character', 'characters')} too many`,
  },

  preview: {
    heading: 'Preview',
    reads: (name: string) => `The visitor reads · ${name}`,
    back: (name: string) => `Translated back · ${name}`,
    close: 'Close the preview',
    busy: 'Translating…',
    failed: 'No preview:',
    warning: (code: string) => {
      switch (code) {
        case 'pivoted':
        case 'pivot':
          return 'Translated by way of another language: nuances may be lost.';
        case 'short':
        case 'very_short':
          return 'Very short texts are easily misunderstood.';
        case 'entity':
        case 'entity_at_risk':
        case 'protected':
          return 'Check that numbers, names and links are right.';
        case 'no_route':
          return 'No model is installed for this pair of languages: the visitor will see your text as it is.';
        case 'untranslated':
          return 'It could not be translated: the visitor will see your text as it is.';
        case 'same_language':
          return 'The visitor speaks your language: nothing is translated.';
        default:
          return code.includes(' ') ? code : code.replaceAll('_', ' ');
      }
    },
  },

  close: {
    heading: 'Close this conversation?',
    body: (who: string) =>
      `${who} sees that it has ended. Everything stays under Closed; a new message begins a new conversation.`,
    draft: 'Your unsent draft is kept.',
    confirm: 'Close conversation',
    keep: 'Keep it open',
  },

  redact: {
    heading: 'Take this message back?',
    body: 'Its text and its translations are removed for good, here and at the visitor, who may have read them already.',
    confirm: 'Take back',
    keep: 'Keep it',
  },

  transfer: {
    heading: 'Hand the conversation to…',
    nobody: 'There is nobody else to hand it to.',
    confirm: 'Hand over',
    cancel: 'Cancel',
    done: (name: string) => `Handed to ${name}.`,
    toYou: (from: string, who: string) => `${from} handed you the conversation with ${who}.`,
    aColleague: 'A colleague',
  },

  correct: {
    heading: 'Correct the translation',
    original: (name: string) => `Original · ${name}`,
    label: (name: string) => `Translation · ${name}`,
    hint: 'Your wording replaces the machine’s, for everyone who reads this conversation.',
    save: 'Save',
    cancel: 'Cancel',
  },

  visit: {
    here: 'On the page',
    away: 'Left a moment ago',
    gone: 'Has left',
    page: { here: 'Page now', away: 'Last page', gone: 'Last page' },
    before: 'Before that',
    cart: 'Cart',
  },

  details: {
    heading: 'Visitor',
    close: 'Close details',
    name: 'Name',
    email: 'E-mail',
    language: 'Language',
    locale: 'Browser',
    shop: 'Shop',
    began: 'Began',
    id: 'Visitor id',
    status: 'Status',
    anonymous: 'Not given',
  },

  shortcuts: {
    heading: 'Keyboard shortcuts',
    close: 'Close',
    rows: [
      ['Alt + ↓ / Alt + ↑', 'Next, previous conversation'],
      ['j / k', 'The same, outside a text field'],
      ['Enter', 'Send'],
      ['Shift + Enter', 'New line'],
      ['Alt + P', 'Preview with back-translation'],
      ['Alt + O', 'Show or hide all originals'],
      ['Alt + C', 'Claim the conversation'],
      ['r', 'Write a reply'],
      ['Esc', 'Leave the text field, close what is open'],
      ['?', 'This list'],
    ],
  },

  toast: { dismiss: 'Dismiss' },

  /** A refusal in words. */
  refusal: (refusal: Refusal): string => {
    const wait = refusal.retry_after;
    switch (refusal.code) {
      case 'already_claimed':
        return 'Someone else was faster: a colleague has already claimed this conversation.';
      case 'closed':
        return 'The conversation is already closed.';
      case 'rate_limited':
        return wait
          ? `That was too fast. Try again in ${waitWords(wait)}.`
          : 'That was too fast. Wait a moment.';
      case 'overloaded':
        return 'The server is busy. Try again in a moment.';
      case 'unavailable':
      case 'timeout':
        return 'The server did not answer in time. Try again.';
      case 'offline':
        return 'You are not connected. Try again when the connection is back.';
      case 'forbidden':
        return 'You may not do that in this conversation.';
      case 'not_found':
        return 'It is not there any more.';
      case 'too_long':
        return 'The text is too long.';
      case 'empty':
        return 'There is nothing to send.';
      case 'unauthorized':
      case 'bad_token':
        return 'You are signed out.';
      case 'origin_not_allowed':
        return 'The server does not accept this address of the console.';
      case 'internal':
        return 'Something went wrong on the server.';
      default:
        return refusal.detail || 'The server refused it.';
    }
  },
};

export function availabilityName(availability: Availability): string {
  return t.availability[availability];
}

function waitWords(seconds: number): string {
  const whole = Math.max(1, Math.ceil(seconds));
  return whole < 90
    ? plural(whole, 'second', 'seconds')
    : plural(Math.ceil(whole / 60), 'minute', 'minutes');
}
