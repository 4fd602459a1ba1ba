/** Imported before everything else: what the strict policy of our pages asks of the libraries. */
const meta = document.querySelector<HTMLMetaElement>('meta[property=csp-nonce]');

/** What a style element must carry to be let in. */
export const nonce = meta?.nonce ?? '';

// The scroll lock of dialogs writes a style element of its own and looks for the nonce here.
Object.assign(globalThis, { __webpack_nonce__: nonce });
