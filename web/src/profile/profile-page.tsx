import { Box, Button, Card, Group, Stack, Text } from '@mantine/core';
import { type ReactNode, useState } from 'react';
import { AUTH_API } from '../../../contract/api/auth-api.ts';
import { useAct, useAsk } from '../client.ts';
import { useWords } from '../language/language.ts';
import { usePerson } from '../shell/session.ts';
import { Facts } from '../ui/facts.tsx';
import { Time } from '../ui/money.tsx';
import { tellProblem } from '../ui/notices.ts';
import { PageBody, Section } from '../ui/page.tsx';
import { Outcome } from '../ui/states.tsx';
import classes from '../users/wallet.module.css';
import { WalletOf } from '../users/wallet.tsx';
import { browserText } from './browser-text.ts';
import { DeleteAccount } from './delete-account.tsx';
import { PasswordForm } from './password-form.tsx';
import { RenameDialog } from './rename-dialog.tsx';

export function ProfilePage(): ReactNode {
  const of = usePerson();
  const { t } = useWords();
  const [isRenaming, setRenaming] = useState(false);
  const [isLeaving, setLeaving] = useState(false);
  return (
    <PageBody title={t('nav.profile')} about={t('profile.about')}>
      <Card maw={720}>
        <Group justify="space-between" align="flex-start">
          <Facts
            facts={[
              [t('people.name'), of.name ?? of.username],
              [t('field.email'), of.email],
              [t('people.role'), t(`role.${of.role}`)],
            ]}
          />
          <Button variant="default" size="compact-sm" onClick={() => setRenaming(true)}>
            {t('profile.rename')}
          </Button>
        </Group>
      </Card>
      <Box maw={720}>
        <WalletOf
          userId={of.id}
          none={of.role === 'admin' ? 'wallet.none.operator' : 'wallet.none.own'}
        />
      </Box>
      <Section title={t('profile.sessions')}>
        <Card maw={720} py="xs">
          <Sessions />
        </Card>
      </Section>
      <Section title={t('profile.password')} about={t('profile.password.about')}>
        <Card maw={720}>
          <PasswordForm username={of.email ?? of.username} />
        </Card>
      </Section>
      <Section title={t('profile.delete')} about={t('profile.delete.why')}>
        <Button variant="default" c="var(--tk-bad)" onClick={() => setLeaving(true)}>
          {t('profile.delete')}
        </Button>
      </Section>
      {isRenaming && <RenameDialog of={of} close={() => setRenaming(false)} />}
      {isLeaving && <DeleteAccount close={() => setLeaving(false)} />}
    </PageBody>
  );
}

function Sessions(): ReactNode {
  const { t } = useWords();
  const sessions = useAsk(AUTH_API.sessions);
  const end = useAct(AUTH_API.endSession, { stale: [AUTH_API.sessions] });
  return (
    <Outcome of={sessions}>
      {(all) => (
        <ul className={classes['lines']}>
          {all.map(({ id, user_agent, ip, last_seen_at, current }) => (
            <li key={id} className={classes['line']}>
              <Stack gap={0}>
                <Text size="sm" title={user_agent ?? undefined}>
                  {user_agent === null ? t('profile.unknown') : browserText(user_agent)}
                </Text>
                <div className={classes['soft']}>
                  {ip} · <Time at={last_seen_at} />
                </div>
              </Stack>
              <Group wrap="nowrap">
                {current ? (
                  <Text size="sm" c="dimmed" w="max-content">
                    {t('profile.here')}
                  </Text>
                ) : (
                  <Button
                    variant="default"
                    size="compact-sm"
                    aria-label={t('profile.end.what', {
                      name: user_agent === null ? t('profile.unknown') : browserText(user_agent),
                    })}
                    onClick={() => end.mutate({ params: { id } }, { onError: tellProblem })}
                  >
                    {t('profile.end')}
                  </Button>
                )}
              </Group>
            </li>
          ))}
        </ul>
      )}
    </Outcome>
  );
}
