import { Group, Kbd, Stack, Switch, Text } from '@mantine/core';
import type { ReactNode } from 'react';
import { useWords } from '../language/language.ts';
import { Dialog } from '../ui/dialog.tsx';
import { mayOpen, PAGES } from './pages.ts';
import { usePreferences } from './preferences.ts';
import { useQuietly } from './theme-choice.ts';

interface SheetProps {
  readonly role: 'admin' | 'member';
  readonly close: () => void;
}

function Line({ keys, label }: { readonly keys: readonly string[]; readonly label: string }) {
  return (
    <Group justify="space-between" wrap="nowrap">
      <Text size="sm">{label}</Text>
      <Group gap={4}>
        {keys.map((key) => (
          <Kbd key={key} size="xs">
            {key}
          </Kbd>
        ))}
      </Group>
    </Group>
  );
}

function ShortcutSheet({ role, close }: SheetProps): ReactNode {
  const { t } = useWords();
  const { shortcuts } = usePreferences();
  const choose = useQuietly();
  const pages = PAGES.filter((page) => page.shortcut !== undefined && mayOpen(page, role));
  return (
    <Dialog title={t('keys.title')} close={close}>
      <Stack gap={8}>
        <Line keys={['Ctrl', 'K']} label={t('keys.palette')} />
        <Line keys={['?']} label={t('keys.sheet')} />
        <Line keys={['/']} label={t('keys.search')} />
        <Line keys={['n']} label={t('keys.new')} />
        <Line keys={['j', 'k']} label={t('keys.rows')} />
        <Line keys={['Esc']} label={t('keys.close')} />
        <Text size="xs" c="dimmed" mt={8}>
          {t('keys.pages')}
        </Text>
        {pages.map(({ path, label, shortcut = '' }) => (
          <Line key={path} keys={[shortcut]} label={t(label)} />
        ))}
        <Switch
          mt={12}
          label={t('keys.on')}
          checked={shortcuts}
          onChange={(event) => choose({ shortcuts: event.currentTarget.checked })}
        />
      </Stack>
    </Dialog>
  );
}

// biome-ignore lint/style/noDefaultExport: React's lazy loading takes a module by its default export.
export default ShortcutSheet;
