import { nonce } from './ground.ts';
import '@mantine/core/styles.layer.css';
import '@mantine/notifications/styles.layer.css';
import './shell/base.css';
import './shell/media.css';
import { createRoot } from 'react-dom/client';
import { startLanguage } from './language/language.ts';
import { App, prepare } from './shell/app.tsx';
import { printLight } from './shell/print-light.ts';

const root = document.getElementById('root');
if (root === null) throw new Error('the page has no root element');

printLight();
// All at once, and drawn once: each wait of its own would be seen as a flicker.
await Promise.all([startLanguage(), prepare()]);
createRoot(root).render(<App nonce={nonce} />);
