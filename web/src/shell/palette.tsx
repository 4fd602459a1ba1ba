import '@mantine/spotlight/styles.layer.css';
import { Spotlight, spotlight } from '@mantine/spotlight';
import { IconSearch } from '@tabler/icons-react';
import { useNavigate } from '@tanstack/react-router';
import { type ReactNode, useEffect } from 'react';
import { useWords } from '../language/language.ts';
import { mayOpen, PAGES } from './pages.ts';
import { keptSearch } from './url-state.ts';

interface PaletteProps {
  readonly role: 'admin' | 'member';
  readonly close: () => void;
}

/** Pages by name, and whatever looks like the id of a request leads to its story. */
function Palette({ role, close }: PaletteProps): ReactNode {
  const { t } = useWords();
  const navigate = useNavigate();
  useEffect(() => spotlight.open(), []);
  const actions = PAGES.filter((page) => mayOpen(page, role)).map((page) => ({
    id: page.path,
    label: t(page.label),
    leftSection: <page.icon size={18} stroke={1.6} />,
    onClick: () => void navigate({ to: page.path, search: keptSearch as never }),
  }));
  return (
    <Spotlight
      actions={actions}
      shortcut={null}
      highlightQuery
      scrollable
      maxHeight={360}
      nothingFound={t('palette.nothing')}
      onSpotlightClose={close}
      searchProps={{
        leftSection: <IconSearch size={18} stroke={1.6} />,
        placeholder: t('palette.hint'),
        'aria-label': t('palette.hint'),
      }}
    />
  );
}

// biome-ignore lint/style/noDefaultExport: React's lazy loading takes a module by its default export.
export default Palette;
