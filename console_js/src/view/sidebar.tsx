import { useEffect, useRef } from 'preact/hooks';
import { select, selectTab } from '../actions';
import { elapsed, shortTime } from '../format';
import { type Tab, lists, plainName, visitorName } from '../log/select';
import type { Conversation } from '../log/state';
import { listed, loadList, showMore } from '../session';
import { store } from '../state';
import { useMedia, useNow, useStore } from '../store';
import { t } from '../texts';
import { Account } from './account';
import { Icon } from './icons';
import { Empty, Face, LanguageTag } from './parts';

const tabs: readonly Tab[] = ['waiting', 'mine', 'closed'];

export function Sidebar() {
  const log = useStore(store, (state) => state.log);
  const tab = useStore(store, (state) => state.tab);
  const counted = useStore(store, (state) => state.waiting);
  const all = lists(log);
  const unread = (list: Conversation[]) => list.some((one) => one.unread > 0);
  const beyond = useStore(store, (state) => state.listings.waiting.more);
  const counts: Record<Tab, number | null> = {
    // The server counts beyond the page that is loaded.
    waiting: beyond ? Math.max(counted, all.waiting.length) : all.waiting.length,
    mine: all.mine.length,
    closed: null,
  };
  // On a phone the conversation is out of sight while the list is looked at.
  const narrow = useMedia('(width <= 45rem)');
  const alone = useStore(store, (state) => state.selected === null) && narrow;
  const keys = (event: KeyboardEvent) => {
    const by = event.key === 'ArrowRight' ? 1 : event.key === 'ArrowLeft' ? -1 : 0;
    const next = tabs[tabs.indexOf(tab) + by];
    if (!by || !next || event.altKey) return;
    event.preventDefault();
    selectTab(next);
    document.getElementById(`tab-${next}`)?.focus();
  };
  return (
    <div class="sidebar" role={alone ? 'main' : 'complementary'} aria-label={t.tabsLabel}>
      <h1 class="hidden">{t.listsHeading}</h1>
      <Account />
      <div class="tabs" role="tablist" aria-label={t.tabsLabel} onKeyDown={keys}>
        {tabs.map((one) => (
          <button
            key={one}
            id={`tab-${one}`}
            type="button"
            role="tab"
            class="tabs__tab"
            aria-selected={one === tab}
            aria-controls="list"
            tabIndex={one === tab ? 0 : -1}
            onClick={() => selectTab(one)}
          >
            {t.tabs[one]}
            {counts[one] ? <span class="tabs__count">{counts[one]}</span> : null}
            {one !== 'closed' && unread(all[one]) ? (
              <span class="tabs__dot" aria-hidden="true" />
            ) : null}
          </button>
        ))}
      </div>
      <div class="list" id="list" role="tabpanel" aria-labelledby={`tab-${tab}`}>
        <List tab={tab} total={counts[tab]} />
        {tab === 'mine' && all.others.length > 0 ? (
          <>
            <h2 class="list__heading">{t.withColleagues}</h2>
            <Rows label={t.withColleagues} conversations={all.others} />
          </>
        ) : null}
      </div>
    </div>
  );
}

function List({ tab, total }: { tab: Tab; total: number | null }) {
  const listing = useStore(store, (state) => state.listings[tab]);
  const known = useStore(store, (state) => state.log.me !== null);
  const inOrder = listed(store.get(), tab);
  const conversations = inOrder.slice(0, listing.shown);
  const more = listing.more || inOrder.length > conversations.length;
  if (conversations.length === 0 && (!known || listing.loading)) return <Skeleton />;
  if (conversations.length === 0 && listing.failed) return <Failed tab={tab} />;
  const [heading, text] = t.empty[tab];
  return (
    <>
      {conversations.length === 0 ? (
        <Empty icon={tab === 'closed' ? 'check' : 'inbox'} heading={heading}>
          {text}
        </Empty>
      ) : (
        <Rows label={t.listLabel[tab]} conversations={conversations} />
      )}
      {listing.failed && conversations.length > 0 ? <Failed tab={tab} /> : null}
      {more && !listing.failed ? (
        <More
          tab={tab}
          after={conversations.length}
          loading={listing.loading}
          words={
            tab === 'waiting' && total !== null && total > conversations.length
              ? t.moreWaiting(total - conversations.length)
              : t.moreConversations
          }
        />
      ) : null}
    </>
  );
}

interface MoreProps {
  tab: Tab;
  /** So many are on the screen. */
  after: number;
  loading: boolean;
  words: string;
}

/** The next page: by itself when one has scrolled so far, and by pressing. */
function More({ tab, after, loading, words }: MoreProps) {
  const button = useRef<HTMLButtonElement>(null);
  useEffect(() => {
    if (!button.current || loading) return undefined;
    const watch = new IntersectionObserver(([seen]) => {
      if (seen?.isIntersecting) void showMore(tab);
    });
    watch.observe(button.current);
    return () => watch.disconnect();
  }, [tab, after, loading]);
  return (
    <button
      ref={button}
      type="button"
      class="button button--quiet list__more"
      aria-disabled={loading}
      onClick={() => void showMore(tab)}
    >
      {loading ? t.list.loading : words}
    </button>
  );
}

function Failed({ tab }: { tab: Tab }) {
  return (
    <div class="list__failed" role="alert">
      <p>{t.list.failed}</p>
      <button type="button" class="button button--small" onClick={() => void loadList(tab)}>
        {t.list.retry}
      </button>
    </div>
  );
}

function Skeleton() {
  return (
    <div class="skeleton" aria-busy="true" aria-label={t.list.loading}>
      {[0, 1, 2, 3].map((one) => (
        <div key={one} class="skeleton__row" />
      ))}
    </div>
  );
}

function Rows({ label, conversations }: { label: string; conversations: Conversation[] }) {
  const now = useNow(10_000);
  return (
    <ul class="rows" aria-label={label}>
      {conversations.map((one) => (
        <Row key={one.conversation_id} conversation={one} now={now} />
      ))}
    </ul>
  );
}

function Row({ conversation, now }: { conversation: Conversation; now: number }) {
  const { conversation_id: id, visitor, status, unread, since } = conversation;
  const selected = useStore(store, (state) => state.selected === id);
  const name = visitorName(visitor);
  const waits = status === 'waiting' ? conversation.opened_at : since;
  const waited = waits ? elapsed(waits, now) : null;
  return (
    <li>
      <button
        type="button"
        class={`row ${unread > 0 ? 'row--unread' : ''}`}
        aria-current={selected ? 'true' : undefined}
        data-conversation={id}
        onClick={() => select(id)}
      >
        <Face id={visitor.id} name={plainName(visitor.name)} />
        <span class="row__top">
          <span class="row__name" dir="auto">
            {name}
          </span>
          {conversation.language ? <LanguageTag tag={conversation.language} /> : null}
          <time class="row__time" dateTime={conversation.updated_at}>
            {shortTime(conversation.updated_at, now)}
          </time>
        </span>
        <span class="row__bottom">
          <LastLine conversation={conversation} />
          {waited && status !== 'closed' ? (
            <span
              class={`row__wait ${urgent(waits, now) ? 'row__wait--long' : ''}`}
              title={t.waitingSince(waited)}
            >
              {waited}
            </span>
          ) : null}
          {unread > 0 ? (
            <span class="row__unread">
              <span aria-hidden="true">{unread}</span>
              <span class="hidden">{t.unread(unread)}</span>
            </span>
          ) : null}
        </span>
      </button>
    </li>
  );
}

/** Two minutes are what customers put up with. */
function urgent(since: string | null, now: number): boolean {
  return since !== null && now - new Date(since).getTime() > 120_000;
}

function LastLine({ conversation }: { conversation: Conversation }) {
  const { conversation_id: id, last_message: last, last_translation: translation } = conversation;
  const draft = useStore(store, (state) => state.drafts[id]?.text.trim() ?? '');
  const selected = useStore(store, (state) => state.selected === id);
  const me = useStore(store, (state) => state.me?.id);
  if (draft && !selected) {
    return (
      <span class="row__line">
        <span class="row__draft">{t.draft}</span> {draft}
      </span>
    );
  }
  // A conversation begins with a message: one without its last has had it taken back, unless all
  // that is known of it so far is an event.
  if (!last) {
    const said = conversation.partial ? '' : t.redactedShort;
    return <span class="row__line row__line--none">{said}</span>;
  }
  const own = last.from === 'operator';
  const who = own ? (last.author?.id === me ? t.you : (last.author?.name ?? '')) : '';
  const text = !own && translation ? translation.text : last.text;
  const language = !own && translation ? translation.language : (last.language ?? undefined);
  return (
    <span class="row__line">
      {who ? (
        <span class="row__who">
          <Icon name="send" />
          {who}:{' '}
        </span>
      ) : null}
      <span lang={language} dir="auto">
        {text}
      </span>
    </span>
  );
}
