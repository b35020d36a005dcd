import { render } from 'preact';
import { readAddress, recallPreferences } from './actions';
import { listenForKeys } from './keys';
import { markRead, start } from './session';
import './styles/tokens.css';
import './styles/base.css';
import './styles/controls.css';
import './styles/marks.css';
import './styles/menu.css';
import './styles/shell.css';
import './styles/list.css';
import './styles/conversation.css';
import './styles/message.css';
import './styles/composer.css';
import './styles/layers.css';
import { App } from './view/app';

const place = document.getElementById('console');
if (!place) throw new Error('index.html has no #console');

recallPreferences();
readAddress();
window.addEventListener('hashchange', readAddress);
document.addEventListener('visibilitychange', markRead);
listenForKeys();
render(<App />, place);
void start();
