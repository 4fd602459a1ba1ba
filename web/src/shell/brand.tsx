import type { ReactNode } from 'react';

/** The gate with its lamp. It says nothing that the name beside it does not. */
export function Mark({ size = 22 }: { readonly size?: number }): ReactNode {
  return (
    <svg width={size} height={size} viewBox="0 0 64 64" aria-hidden="true">
      <rect width="64" height="64" rx="15" fill="#4350cf" />
      <path
        d="M15 46V30a17 17 0 0 1 34 0v16M32 46V30"
        fill="none"
        stroke="#fff"
        strokeWidth="5.5"
        strokeLinecap="round"
      />
      <circle cx="32" cy="29" r="6.5" fill="#ffd166" />
    </svg>
  );
}
