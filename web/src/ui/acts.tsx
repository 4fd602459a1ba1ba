/** What can be done with something: as one button with a menu in its row, as buttons in its panel. */
import { ActionIcon, Button, Group, Menu } from '@mantine/core';
import { type Icon, IconDots } from '@tabler/icons-react';
import type { ReactNode } from 'react';
import { type MessageId, useWords } from '../language/language.ts';

export interface Act {
  readonly label: MessageId;
  readonly icon: Icon;
  readonly isDangerous?: true;
  readonly isBusy?: boolean;
  readonly act: () => void;
}

interface ActsProps {
  /** With what it is done. */
  readonly name: string;
  readonly acts: readonly Act[];
}

export function ActMenu({ name, acts }: ActsProps): ReactNode {
  const { t } = useWords();
  return (
    <Menu>
      <Menu.Target>
        <ActionIcon
          className="tk-screen"
          aria-label={t('action.what', { name })}
          loading={acts.some(({ isBusy }) => isBusy === true)}
        >
          <IconDots size={18} stroke={1.6} />
        </ActionIcon>
      </Menu.Target>
      <Menu.Dropdown>
        {acts.map(({ label, icon: ActIcon, isDangerous, act }) => (
          <Menu.Item
            key={label}
            leftSection={<ActIcon size={16} stroke={1.6} />}
            color={isDangerous ? 'var(--tk-bad)' : undefined}
            onClick={act}
          >
            {t(label)}
          </Menu.Item>
        ))}
      </Menu.Dropdown>
    </Menu>
  );
}

export function ActButtons({ name, acts }: ActsProps): ReactNode {
  const { t } = useWords();
  return (
    <Group gap={6} role="group" className="tk-screen" aria-label={t('action.what', { name })}>
      {acts.map(({ label, icon: ActIcon, isDangerous, isBusy, act }) => (
        <Button
          key={label}
          variant="default"
          size="xs"
          c={isDangerous ? 'var(--tk-bad)' : undefined}
          leftSection={<ActIcon size={15} stroke={1.6} />}
          loading={isBusy === true}
          onClick={act}
        >
          {t(label)}
        </Button>
      ))}
    </Group>
  );
}
