import { Button, Group, SegmentedControl, Stack, Text } from '@mantine/core';
import { type FormEvent, type ReactNode, useState } from 'react';
import { VIRTUAL_KEYS_API } from '../../../contract/api/virtual-keys-api.ts';
import { useAct } from '../client.ts';
import { useWords } from '../language/language.ts';
import { Dialog } from '../ui/dialog.tsx';
import { Time } from '../ui/money.tsx';
import { ProblemAlert } from '../ui/problem-alert.tsx';
import { Notice } from '../ui/tables/cells.tsx';
import { STALE } from './key-dialog.tsx';
import type { Issued, VirtualKey } from './key-draft.ts';

/** Hours for which the old secret may work on. */
const GRACES = [0, 1, 6, 24] as const;

interface RotateProps {
  readonly of: VirtualKey;
  readonly close: () => void;
  readonly handOver: (issued: Issued) => void;
}

/** Gives a key another secret; says who may still be using the old one before that is decided. */
export function RotateDialog({ of, close, handOver }: RotateProps): ReactNode {
  const { t } = useWords();
  const rotate = useAct(VIRTUAL_KEYS_API.rotate, { stale: STALE });
  const [grace, setGrace] = useState<number>(of.last_used_at === null ? 0 : 24);
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    const order = { params: { id: of.id }, body: { grace_hours: grace } };
    rotate.mutate(order, { onSuccess: handOver });
  };
  return (
    <Dialog title={t('vk.rotate.what', { name: of.name })} close={close}>
      <form onSubmit={submit}>
        <Stack>
          <Text size="sm">{t('vk.rotate.why')}</Text>
          <Notice>
            {t('vk.rotate.used')} <Time at={of.last_used_at} /> ·{' '}
            <span className="tk-mono">{of.masked}</span>
          </Notice>
          <div>
            <Text size="sm" fw={500} mb={6} id="grace">
              {t('vk.rotate.grace')}
            </Text>
            <SegmentedControl
              fullWidth
              size="sm"
              aria-labelledby="grace"
              value={String(grace)}
              onChange={(value) => setGrace(Number(value))}
              data={GRACES.map((hours) => ({
                value: String(hours),
                label: t('vk.rotate.hours', { count: hours }),
              }))}
            />
            <Text size="xs" c="dimmed" mt={6}>
              {t(grace === 0 ? 'vk.rotate.atonce' : 'vk.rotate.both')}
            </Text>
          </div>
          <ProblemAlert problem={rotate.error} />
          <Group justify="flex-end" gap="xs">
            <Button variant="default" onClick={close}>
              {t('action.cancel')}
            </Button>
            <Button type="submit" loading={rotate.isPending}>
              {t('vk.rotate')}
            </Button>
          </Group>
        </Stack>
      </form>
    </Dialog>
  );
}
