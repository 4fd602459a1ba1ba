interface Named {
  readonly name: string;
  readonly platform: string;
}

/** What keys are called side by side: with their provider where a name alone would not tell one from another. */
export function namesApart(keys: readonly Named[]): readonly string[] {
  return keys.map(({ name, platform }) =>
    keys.filter((key) => key.name === name).length > 1 ? `${name} · ${platform}` : name,
  );
}
