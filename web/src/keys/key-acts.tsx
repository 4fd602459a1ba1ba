/** What can be done with a provider key, from its row and from its panel. */
import {
  IconActivity,
  IconPencil,
  IconPlayerPause,
  IconPlayerPlay,
  IconStethoscope,
  IconTrash,
} from '@tabler/icons-react';
import { type ReactNode, useState } from 'react';
import { MONITORING_API } from '../../../contract/api/monitoring-api.ts';
import { PROVIDER_KEYS_API } from '../../../contract/api/provider-keys-api.ts';
import { useAct } from '../client.ts';
import { useWords } from '../language/language.ts';
import { type Act, ActButtons, ActMenu } from '../ui/acts.tsx';
import { ConfirmDialog } from '../ui/confirm.tsx';
import { flip } from '../ui/flip.ts';
import { tellDone, tellNews, tellProblem } from '../ui/notices.ts';
import { EditKeyDialog } from './edit-key-dialog.tsx';
import { ProbeDialog } from './probe-dialog.tsx';
import { type ProviderKey, STALE } from './provider-key.ts';

interface ActsProps {
  readonly of: ProviderKey;
  readonly isOperator: boolean;
  readonly look: 'menu' | 'buttons';
  /** Called when the key is gone. */
  readonly onDelete?: () => void;
}

type Asked = 'edit' | 'probe' | 'delete' | null;

export function KeyActs(props: ActsProps): ReactNode {
  const { of, look, onDelete } = props;
  const [asked, ask] = useState<Asked>(null);
  const acts = useActs(props, ask);
  const close = (): void => ask(null);
  const Acts = look === 'menu' ? ActMenu : ActButtons;
  return (
    <>
      <Acts name={of.name} acts={acts} />
      {asked === 'edit' && <EditKeyDialog of={of} close={close} />}
      {asked === 'probe' && <ProbeDialog of={of} close={close} />}
      {asked === 'delete' && <DeleteKey of={of} close={close} onDelete={onDelete} />}
    </>
  );
}

/** Keys of the environment are changed where they come from; a probe spends the installation's money. */
function useActs({ of, isOperator }: ActsProps, ask: (what: Asked) => void): readonly Act[] {
  const { t } = useWords();
  const check = useAct(MONITORING_API.check, { stale: STALE });
  const flip = useFlip(of);
  const { id, name } = of;
  const checkNow = (): void =>
    check.mutate(
      { params: { id } },
      {
        onSuccess: ({ ok, error }) => {
          if (ok || error === null) tellDone(t('keys.checked.done', { name }));
          else tellNews(t('pk.checked.bad', { name, why: error }));
        },
        onError: tellProblem,
      },
    );
  const flipping: Act = of.is_active
    ? { label: 'pk.switch.off', icon: IconPlayerPause, act: () => flip.to(false) }
    : { label: 'pk.switch.on', icon: IconPlayerPlay, act: () => flip.to(true) };
  const probe: Act = { label: 'pk.probe', icon: IconActivity, act: () => ask('probe') };
  const changes: readonly Act[] = [
    { label: 'pk.edit', icon: IconPencil, act: () => ask('edit') },
    flipping,
    { label: 'pk.delete', icon: IconTrash, isDangerous: true, act: () => ask('delete') },
  ];
  return [
    { label: 'keys.check', icon: IconStethoscope, isBusy: check.isPending, act: checkNow },
    ...(isOperator ? [probe] : []),
    ...(of.source === 'stored' ? changes : []),
  ];
}

export function useFlip({ id, name }: ProviderKey) {
  const { t } = useWords();
  const change = useAct(PROVIDER_KEYS_API.change, { stale: STALE });
  const flipped = {
    change: (isActive: boolean) =>
      change.mutateAsync({ params: { id }, body: { is_active: isActive } }),
    told: (isActive: boolean) => t(isActive ? 'pk.switched.on' : 'pk.switched.off', { name }),
  };
  return {
    isPending: change.isPending,
    to: (isActive: boolean): void => flip(flipped, isActive),
  };
}

interface DeleteProps {
  readonly of: ProviderKey;
  readonly close: () => void;
  readonly onDelete: (() => void) | undefined;
}

function DeleteKey({ of, close, onDelete }: DeleteProps): ReactNode {
  const { t } = useWords();
  // The key itself is not asked for again: it is gone.
  const remove = useAct(PROVIDER_KEYS_API.remove, {
    stale: [PROVIDER_KEYS_API.list, MONITORING_API.balances],
  });
  const done = (): void => {
    tellDone(t('pk.deleted', { name: of.name }));
    close();
    onDelete?.();
  };
  return (
    <ConfirmDialog
      title={t('pk.delete.what', { name: of.name })}
      word={of.name}
      action={t('keys.delete')}
      isBusy={remove.isPending}
      confirm={() =>
        remove.mutate({ params: { id: of.id } }, { onSuccess: done, onError: tellProblem })
      }
      close={close}
    >
      {t('keys.delete.why')}
    </ConfirmDialog>
  );
}
