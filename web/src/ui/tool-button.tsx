import { Button, type ButtonProps } from '@mantine/core';
import type { Icon } from '@tabler/icons-react';
import type { ComponentPropsWithRef, ReactNode } from 'react';

type ToolProps = ButtonProps &
  Omit<ComponentPropsWithRef<'button'>, keyof ButtonProps> & { readonly icon: Icon };

/** A button of the lines above tables and charts; it may be the target of a menu. */
export function ToolButton({ icon: Sign, ...rest }: ToolProps): ReactNode {
  return (
    <Button
      variant="default"
      size="compact-sm"
      h={32}
      px={10}
      leftSection={<Sign size={16} stroke={1.6} />}
      {...rest}
    />
  );
}
