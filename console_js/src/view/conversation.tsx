import { beginReply, claim, select, showDialog, toggleDetails } from '../actions';
import { useEffect, useRef, useState } from 'preact/hooks';
import { elapsed } from '../format';
import { plainName, visitorName } from '../log/select';
import type { Conversation } from '../log/state';
import { markRead, open } from '../session';
import { store } from '../state';
import { useNow, useStore } from '../store';
import { availabilityName, t } from '../texts';
import { Composer } from './composer';
import { Details } from './details';
import { Icon } from './icons';
import { LanguageMenu } from './language';
import { Empty, Face, IconButton } from './parts';
import { TimelineView } from './timeline';
import type { Refusal } from '../wire';

/** The conversation on the screen, or what is there instead. */
export function ConversationPane({ id }: { id: string | null }) {
  const conversation = useStore(store, (state) => (id ? state.log.conversations[id] : undefined));
  const failed = useStore(store, (state) => (id ? state.openFailed[id] : undefined));
  const loaded = useStore(store, (state) => (id ? state.log.timelines[id]?.loaded : false));
  const details = useStore(store, (state) => state.details);
  const last = conversation?.last_message;
  useEffect(markRead, [last]);

  if (!id) {
    const [heading, text] = t.empty.conversation;
    return (
      <main class="pane pane--empty">
        <Empty icon="chat" heading={heading}>
          {text}
        </Empty>
      </main>
    );
  }
  if (!conversation || conversation.partial) {
    return (
      <main class="pane pane--empty">
        <BackButton class="pane__back" />
        {failed ? <Failed id={id} why={failed} /> : <Loading />}
      </main>
    );
  }
  return (
    <main class={`pane ${details ? 'pane--details' : ''}`}>
      <div class="pane__middle">
        <Head conversation={conversation} />
        {loaded ? (
          <TimelineView conversation={conversation} />
        ) : (
          <div class="timeline timeline--empty">
            {failed ? <Failed id={id} why={failed} /> : <Loading />}
          </div>
        )}
        <Writing id={id} name={visitorName(conversation.visitor)} />
        <Foot conversation={conversation} />
      </div>
      {details ? <Details conversation={conversation} /> : null}
    </main>
  );
}

function Loading() {
  return (
    <p class="splash__line" aria-busy="true">
      <span class="spinner" aria-hidden="true" />
      {t.conversation.loading}
    </p>
  );
}

function Failed({ id, why }: { id: string; why: Refusal }) {
  if (why.code === 'not_found') {
    return (
      <p class="splash__line" role="alert">
        {t.conversation.gone}
      </p>
    );
  }
  return (
    <div class="list__failed" role="alert">
      <p>
        {t.conversation.failed} {t.refusal(why)}
      </p>
      <button type="button" class="button button--small" onClick={() => void open(id)}>
        {t.list.retry}
      </button>
    </div>
  );
}

function BackButton({ class: given }: { class?: string }) {
  return (
    <IconButton
      icon="back"
      label={t.conversation.back}
      class={`back ${given ?? ''}`}
      onClick={() => select(null)}
    />
  );
}

function Head({ conversation }: { conversation: Conversation }) {
  const { conversation_id: id, visitor, status, operator } = conversation;
  const me = useStore(store, (state) => state.me?.id);
  const details = useStore(store, (state) => state.details);
  const supervises = useStore(store, (state) => state.me?.role !== 'operator');
  const name = visitorName(visitor);
  const mine = status === 'assigned' && operator?.id === me;
  const may = mine || (status === 'assigned' && supervises);
  return (
    <header class="head">
      <BackButton />
      <Face id={visitor.id} name={plainName(visitor.name)} />
      <div class="head__who">
        <h1 class="head__name">
          <span dir="auto">{name}</span>
          {visitor.verified ? (
            <span class="head__verified" role="img" aria-label={t.conversation.verified}>
              <Icon name="shield" />
            </span>
          ) : null}
        </h1>
        <p class="head__line">
          <State conversation={conversation} mine={mine} />
        </p>
      </div>
      <LanguageMenu conversation={conversation} />
      <div class="head__actions">
        {may ? (
          <>
            <button
              type="button"
              class="button button--quiet head__action"
              aria-label={t.conversation.transfer}
              onClick={() => showDialog({ kind: 'transfer', conversation: id })}
            >
              <Icon name="hand" />
              <span class="head__word">{t.conversation.transfer}</span>
            </button>
          </>
        ) : null}
        {may || status === 'waiting' ? (
          <button
            type="button"
            class="button button--quiet head__action"
            aria-label={t.conversation.close}
            onClick={() => showDialog({ kind: 'close', conversation: id })}
          >
            <Icon name="check" />
            <span class="head__word">{t.conversation.close}</span>
          </button>
        ) : null}
        <IconButton
          icon="info"
          label={t.conversation.details}
          pressed={details}
          onClick={toggleDetails}
        />
      </div>
    </header>
  );
}

/** Where a visitor is, as the mark that stands for it where there is no room for words. */
const PRESENCE = { here: 'online', away: 'away', gone: 'offline' } as const;

function State({ conversation, mine }: { conversation: Conversation; mine: boolean }) {
  const now = useNow(10_000);
  const site = useStore(
    store,
    (state) => state.sites.find((one) => one.key === conversation.site)?.name ?? conversation.site,
  );
  const { status, operator, opened_at } = conversation;
  const visit = useStore(store, (state) => state.visits[conversation.conversation_id]);
  // Whoever answers, not the shop as a whole: a colleague may have gone while others are here.
  const colleague = useStore(store, (state) =>
    status === 'assigned' && !mine
      ? (state.colleagues.find((one) => one.id === operator?.id)?.availability ?? 'offline')
      : null,
  );
  const words =
    status === 'waiting'
      ? t.waitingSince(elapsed(opened_at, now))
      : status === 'assigned' && !mine
        ? t.conversation.answeredBy(operator?.name ?? '')
        : t.status[status];
  return (
    <>
      {colleague ? (
        <span class={`presence presence--${colleague}`} aria-hidden="true" />
      ) : null}
      <span class={`state state--${status}`}>
        {words}
        {colleague ? ` (${availabilityName(colleague).toLocaleLowerCase('en')})` : ''}
      </span>
      {visit ? (
        <span class={`visit visit--${visit.here}`} title={t.visit[visit.here]}>
          {' · '}
          <span class={`presence presence--${PRESENCE[visit.here]}`} aria-hidden="true" />
          <span class="visit__words">{t.visit[visit.here]}</span>
        </span>
      ) : null}
      {site ? <span class="head__site"> · {site}</span> : null}
    </>
  );
}

function Writing({ id, name }: { id: string; name: string }) {
  const sign = useStore(store, (state) => state.writing[id]);
  const who = plainName(sign?.name ?? null) ?? name;
  return (
    <p class="writing" role="status">
      {sign ? (
        <>
          <span class="writing__dots" aria-hidden="true">
            <i />
            <i />
            <i />
          </span>
          {t.conversation.typing(who)}
        </>
      ) : null}
    </p>
  );
}

/** Where one writes, or why one cannot: an answer claims what waits, notes can be written anywhere. */
function Foot({ conversation }: { conversation: Conversation }) {
  const { conversation_id: id, status, operator } = conversation;
  const me = useStore(store, (state) => state.me?.id);
  const mine = status === 'assigned' && operator?.id === me;
  const was = useRef(mine);
  useEffect(() => {
    // Just claimed, by hand or by an answer: what comes next is to answer.
    if (mine && !was.current) {
      beginReply(id);
      if (store.get().tab === 'waiting') select(id, 'mine');
      document.getElementById('reply')?.focus();
    }
    was.current = mine;
  }, [mine]);
  const words =
    status === 'waiting'
      ? t.conversation.unclaimed
      : status === 'closed'
        ? t.conversation.closedNow
        : t.conversation.notYours(operator?.name ?? '');
  return (
    <>
      {mine ? null : (
        <div class={`stand stand--${status}`}>
          <p class="stand__words">{words}</p>
          {status === 'waiting' ? <ClaimButton id={id} /> : null}
        </div>
      )}
      <Composer conversation={conversation} notesOnly={!mine && status !== 'waiting'} />
    </>
  );
}

function ClaimButton({ id }: { id: string }) {
  const [busy, setBusy] = useState(false);
  const press = async () => {
    setBusy(true);
    await claim(id);
    setBusy(false);
  };
  return (
    <button
      type="button"
      class="button button--primary"
      disabled={busy}
      onClick={() => void press()}
    >
      <Icon name="chat" />
      {busy ? t.conversation.claiming : t.conversation.claimLong}
    </button>
  );
}
