/** Opens, saves and manages the views of a table. */
import { ActionIcon, Button, Group, Menu, Stack, Text, TextInput } from '@mantine/core';
import {
  IconBookmark,
  IconBookmarkPlus,
  IconSettings,
  IconStar,
  IconStarFilled,
  IconTrash,
} from '@tabler/icons-react';
import { useLocation, useNavigate } from '@tanstack/react-router';
import { type FormEvent, type ReactNode, useEffect, useState } from 'react';
import { useWords } from '../../language/language.ts';
import {
  onPage,
  type PageChoices,
  type SavedView,
  useChoose,
  usePageChoices,
} from '../../shell/preferences.ts';
import { keptSearch, parseSearch, type UrlState, useUrlState } from '../../shell/url-state.ts';
import { Dialog } from '../dialog.tsx';
import { fieldError } from '../forms/field-errors.ts';
import { FormDialog } from '../forms/form-dialog.tsx';
import { tellDone, tellProblem } from '../notices.ts';
import { ToolButton } from '../tool-button.tsx';
import { renamedView, searchOf, viewIn, withoutView, withView } from './views.ts';

export function ViewsMenu(): ReactNode {
  const { t } = useWords();
  const [url] = useUrlState();
  const { pathname } = useLocation();
  const choices = usePageChoices(pathname);
  const open = useOpenView(pathname);
  const [asked, setAsked] = useState<'save' | 'manage' | null>(null);
  const views = choices?.views ?? [];
  const current = viewIn(choices, url);
  useDefaultView(choices, url, open);
  return (
    <>
      <Menu width={220}>
        <Menu.Target>
          <ToolButton icon={IconBookmark} maw={180}>
            {current?.name ?? t('views.title')}
          </ToolButton>
        </Menu.Target>
        <Menu.Dropdown>
          {views.map((view) => (
            <Menu.Item
              key={view.name}
              onClick={() => open(view)}
              aria-current={view === current}
              rightSection={view === current ? '✓' : undefined}
            >
              <Text size="sm" truncate>
                {view.name}
              </Text>
            </Menu.Item>
          ))}
          {views.length > 0 && <Menu.Divider />}
          <Menu.Item
            leftSection={<IconBookmarkPlus size={16} stroke={1.6} />}
            onClick={() => setAsked('save')}
          >
            {t('views.save')}
          </Menu.Item>
          {views.length > 0 && (
            <Menu.Item
              leftSection={<IconSettings size={16} stroke={1.6} />}
              onClick={() => setAsked('manage')}
            >
              {t('views.manage')}
            </Menu.Item>
          )}
        </Menu.Dropdown>
      </Menu>
      {asked === 'save' && (
        <SaveDialog path={pathname} search={searchOf(url)} close={() => setAsked(null)} />
      )}
      {asked === 'manage' && choices !== null && (
        <ManageDialog path={pathname} choices={choices} close={() => setAsked(null)} />
      )}
    </>
  );
}

function useOpenView(path: string): (view: SavedView, options?: { replace: boolean }) => void {
  const navigate = useNavigate();
  return ({ search }, options = { replace: false }) =>
    void navigate({ to: path, search: parseSearch(search) as never, ...options });
}

/** An address that says nothing but the period opens the page as its owner wants it; once, so that it can be left. */
function useDefaultView(
  choices: PageChoices | null,
  url: UrlState,
  open: (view: SavedView, options: { replace: boolean }) => void,
): void {
  const [isDone, setDone] = useState(Object.keys(url).length > Object.keys(keptSearch(url)).length);
  useEffect(() => {
    if (isDone || choices === null) return;
    setDone(true);
    const view = choices.views.find(({ name }) => name === choices.default_view);
    if (view !== undefined) open(view, { replace: true });
  }, [isDone, choices, open]);
}

interface SaveProps {
  readonly path: string;
  readonly search: string;
  readonly close: () => void;
}

function SaveDialog({ path, search, close }: SaveProps): ReactNode {
  const { t } = useWords();
  const choose = useChoose();
  const [name, setName] = useState('');
  const [isBusy, setBusy] = useState(false);
  const [problem, setProblem] = useState<Error | null>(null);
  const save = async (): Promise<void> => {
    setBusy(true);
    try {
      await choose(onPage(path, (page) => withView(page, { name: name.trim(), search })));
      tellDone(t('views.saved', { name: name.trim() }));
      close();
    } catch (error) {
      setProblem(error as Error);
      setBusy(false);
    }
  };
  return (
    <FormDialog
      title={t('views.save')}
      action={t('views.save.action')}
      isBusy={isBusy}
      isWhole={name.trim() !== ''}
      problem={problem}
      fields={[]}
      close={close}
      submit={() => void save()}
    >
      <TextInput
        label={t('views.name')}
        description={t('views.about')}
        value={name}
        onChange={(event) => setName(event.currentTarget.value)}
        error={fieldError(problem, 'name')}
        maxLength={60}
        required
        data-autofocus
      />
    </FormDialog>
  );
}

interface ManageProps {
  readonly path: string;
  readonly choices: PageChoices;
  readonly close: () => void;
}

function ManageDialog({ path, choices, close }: ManageProps): ReactNode {
  const { t } = useWords();
  return (
    <Dialog title={t('views.manage')} close={close}>
      <Stack gap="xs">
        {choices.views.length === 0 && <Text size="sm">{t('views.none')}</Text>}
        {choices.views.map((view) => (
          <ViewLine key={view.name} path={path} choices={choices} view={view} />
        ))}
      </Stack>
    </Dialog>
  );
}

function ViewLine(props: Omit<ManageProps, 'close'> & { readonly view: SavedView }): ReactNode {
  const { path, choices, view } = props;
  const { t } = useWords();
  const choose = useChoose();
  const [text, setText] = useState(view.name);
  const change = (to: (page: PageChoices) => PageChoices, done?: () => void): void =>
    void choose(onPage(path, to)).then(done, tellProblem);
  const isDefault = choices.default_view === view.name;
  const putBack = (page: PageChoices): PageChoices => ({
    ...withView(page, view),
    default_view: isDefault ? view.name : page.default_view,
  });
  const remove = (): void =>
    change(
      (page) => withoutView(page, view.name),
      () => tellDone(t('views.deleted', { name: view.name }), () => change(putBack)),
    );
  const Star = isDefault ? IconStarFilled : IconStar;
  const name = text.trim();
  const isTaken = choices.views.some((one) => one !== view && one.name === name);
  const rename = (event: FormEvent): void => {
    event.preventDefault();
    if (name !== '' && name !== view.name && !isTaken) {
      change((page) => renamedView(page, view.name, name));
    }
  };
  return (
    <form onSubmit={rename}>
      <Group gap={4} wrap="nowrap">
        <TextInput
          flex={1}
          size="xs"
          aria-label={t('views.rename', { name: view.name })}
          value={text}
          maxLength={60}
          error={isTaken}
          onChange={(event) => setText(event.currentTarget.value)}
        />
        <Button
          type="submit"
          size="xs"
          variant="default"
          disabled={name === '' || name === view.name || isTaken}
        >
          {t('views.rename.action')}
        </Button>
        <ActionIcon
          aria-label={t('views.default', { name: view.name })}
          aria-pressed={isDefault}
          onClick={() =>
            change((page) => ({ ...page, default_view: isDefault ? null : view.name }))
          }
        >
          <Star size={16} stroke={1.6} />
        </ActionIcon>
        <ActionIcon aria-label={t('views.delete', { name: view.name })} onClick={remove}>
          <IconTrash size={16} stroke={1.6} />
        </ActionIcon>
      </Group>
    </form>
  );
}
