import { i18n } from '@lingui/core';
import { I18nProvider } from '@lingui/react';
import { MantineProvider } from '@mantine/core';
import { QueryClientProvider } from '@tanstack/react-query';
import { RouterProvider } from '@tanstack/react-router';
import { type ReactNode, useEffect } from 'react';
import { onSessionEnd } from '../client.ts';
import { client, whoIsHere } from './ahead.ts';
import { router } from './router.tsx';
import { SESSION, watchPerson } from './session.ts';
import { theme } from './theme.ts';

/** Fetches the code of the page in the address, and who is here. Neither failure ends anything: the app shows it. */
export async function prepare(): Promise<void> {
  await Promise.all([router.load(), whoIsHere()]);
}

/**
 * A refused call means that the session ended elsewhere; asking for it once more sends the person to sign in. What was
 * answered to one person is nothing for the next.
 */
function SessionWatch({ children }: { readonly children: ReactNode }): ReactNode {
  useEffect(
    () => onSessionEnd(() => void client.invalidateQueries({ queryKey: [SESSION.path] })),
    [],
  );
  useEffect(() => watchPerson(client), []);
  return children;
}

export function App({ nonce }: { readonly nonce: string }): ReactNode {
  return (
    <I18nProvider i18n={i18n}>
      <MantineProvider theme={theme} defaultColorScheme="auto" getStyleNonce={() => nonce}>
        <QueryClientProvider client={client}>
          <SessionWatch>
            <RouterProvider router={router} />
          </SessionWatch>
        </QueryClientProvider>
      </MantineProvider>
    </I18nProvider>
  );
}
