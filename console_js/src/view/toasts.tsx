import { dismiss } from '../session';
import { store } from '../state';
import { useStore } from '../store';
import { t } from '../texts';
import { IconButton } from './parts';

export function Toasts() {
  const toasts = useStore(store, (state) => state.toasts);
  return (
    <div class="toasts" role="status" aria-live="polite">
      {toasts.map((toast) => (
        <div key={toast.id} class={`toast toast--${toast.tone}`}>
          <p class="toast__text">{toast.text}</p>
          <IconButton icon="close" label={t.toast.dismiss} onClick={() => dismiss(toast.id)} />
        </div>
      ))}
    </div>
  );
}
