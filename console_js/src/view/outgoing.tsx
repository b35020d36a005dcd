import { discard, editAgain, sendAgain } from '../actions';
import type { Outgoing } from '../outbox';
import { store } from '../state';
import { useStore } from '../store';
import { t } from '../texts';
import { Icon } from './icons';
import { Text } from './text';

/** A text on its way; when it was refused, why, and what can be done. */
export function OutgoingView({ item }: { item: Outgoing }) {
  const faster = useStore(store, (state) => {
    const { operator } = state.log.conversations[item.conversation] ?? {};
    return operator && operator.id !== state.me?.id ? operator.name : null;
  });
  const refused = item.state === 'refused';
  const words =
    item.state === 'sending'
      ? t.message.sending
      : item.state === 'acknowledged'
        ? t.message.sent
        : t.message.queued;
  return (
    <article
      class={
        item.kind === 'note'
          ? 'note note--pending'
          : `message message--operator ${refused ? 'message--refused' : 'message--pending'}`
      }
    >
      <div class="message__body">
        <Text text={item.text} lang={null} />
        {item.refusal ? (
          <p class="message__problem" role="alert">
            <Icon name="warning" />
            <span>
              {refused ? `${t.message.notSent} ` : ''}
              {faster !== null && item.refusal.code === 'forbidden'
                ? t.conversation.taken(faster)
                : t.refusal(item.refusal)}
            </span>
          </p>
        ) : null}
        <footer class="message__foot">
          {refused ? (
            <>
              <button type="button" class="link-button" onClick={() => sendAgain(item.id)}>
                {t.message.sendAgain}
              </button>
              <button type="button" class="link-button" onClick={() => editAgain(item.id)}>
                {t.message.edit}
              </button>
              <button type="button" class="link-button" onClick={() => discard(item.id)}>
                {t.message.discard}
              </button>
            </>
          ) : (
            <span class="message__pending">{words}</span>
          )}
        </footer>
      </div>
    </article>
  );
}
