/** What can be done with a virtual key, from its row and from its panel. */
import {
  IconPencil,
  IconPlayerPause,
  IconPlayerPlay,
  IconRefresh,
  IconTrash,
} from '@tabler/icons-react';
import { type ReactNode, useState } from 'react';
import { VIRTUAL_KEYS_API } from '../../../contract/api/virtual-keys-api.ts';
import { useAct } from '../client.ts';
import { KeyHandOff } from '../hand-off/key-hand-off.tsx';
import { useWords } from '../language/language.ts';
import type { Person } from '../shell/session.ts';
import { type Act, ActButtons, ActMenu } from '../ui/acts.tsx';
import { ConfirmDialog } from '../ui/confirm.tsx';
import { flip } from '../ui/flip.ts';
import { tellDone, tellProblem } from '../ui/notices.ts';
import { EditKeyDialog, STALE } from './key-dialog.tsx';
import type { Issued, VirtualKey } from './key-draft.ts';
import { RotateDialog } from './rotate-dialog.tsx';

interface ActsProps {
  readonly of: VirtualKey;
  readonly person: Person;
  /** As a row of buttons, or as one button with a menu. */
  readonly look: 'menu' | 'buttons';
  /** Called when the key is gone. */
  readonly onDelete?: () => void;
}

type Asked = 'edit' | 'rotate' | 'delete' | null;

export function KeyActs(props: ActsProps): ReactNode {
  const { of, person, look, onDelete } = props;
  const [asked, ask] = useState<Asked>(null);
  const [issued, setIssued] = useState<Issued | null>(null);
  const acts = useActs(of, person, ask);
  const close = (): void => ask(null);
  if (of.state === 'revoked') return null;
  return (
    <>
      {look === 'menu' ? (
        <ActMenu name={of.name} acts={acts} />
      ) : (
        <ActButtons name={of.name} acts={acts} />
      )}
      {asked === 'edit' && <EditKeyDialog of={of} person={person} close={close} />}
      {asked === 'rotate' && (
        <RotateDialog
          of={of}
          close={close}
          handOver={(key) => {
            close();
            setIssued(key);
          }}
        />
      )}
      {asked === 'delete' && <DeleteKey of={of} close={close} onDelete={onDelete} />}
      {issued !== null && (
        <KeyHandOff issued={issued} isNew={false} close={() => setIssued(null)} />
      )}
    </>
  );
}

function useActs(of: VirtualKey, person: Person, ask: (what: Asked) => void): readonly Act[] {
  const { t } = useWords();
  const change = useAct(VIRTUAL_KEYS_API.change, { stale: STALE });
  const isRuled = person.role !== 'admin' && of.ruled_by === 'operator';
  const { id, name } = of;
  const flipped = {
    change: (isActive: boolean) =>
      change.mutateAsync({ params: { id }, body: { is_active: isActive } }),
    told: (isActive: boolean) => t(isActive ? 'vk.switched.on' : 'vk.switched.off', { name }),
  };
  const flipping: Act = of.is_active
    ? { label: 'vk.disable', icon: IconPlayerPause, act: () => flip(flipped, false) }
    : { label: 'vk.enable', icon: IconPlayerPlay, act: () => flip(flipped, true) };
  return [
    { label: 'vk.edit', icon: IconPencil, act: () => ask('edit') },
    { label: 'vk.rotate', icon: IconRefresh, act: () => ask('rotate') },
    ...(isRuled ? [] : [flipping]),
    { label: 'vk.delete', icon: IconTrash, isDangerous: true, act: () => ask('delete') },
  ];
}

interface DeleteProps {
  readonly of: VirtualKey;
  readonly close: () => void;
  readonly onDelete: (() => void) | undefined;
}

function DeleteKey({ of, close, onDelete }: DeleteProps): ReactNode {
  const { t } = useWords();
  const revoke = useAct(VIRTUAL_KEYS_API.revoke, { stale: STALE });
  const done = (): void => {
    tellDone(t('vk.deleted', { name: of.name }));
    close();
    onDelete?.();
  };
  return (
    <ConfirmDialog
      title={t('vk.delete.what', { name: of.name })}
      word={of.name}
      action={t('vk.delete')}
      isBusy={revoke.isPending}
      confirm={() =>
        revoke.mutate({ params: { id: of.id } }, { onSuccess: done, onError: tellProblem })
      }
      close={close}
    >
      {t('vk.delete.why')}
    </ConfirmDialog>
  );
}
