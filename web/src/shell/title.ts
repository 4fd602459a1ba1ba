import { useEffect } from 'react';

/** The tab says where one is, the page first: with many tabs only the beginning is seen. */
export function useTitle(title: string): void {
  useEffect(() => {
    document.title = title === '' ? 'Tollkeeper' : `${title} · Tollkeeper`;
  }, [title]);
}
